package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobType;
import org.batchengine.ManualEngine;
import org.batchengine.limit.Limit;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;
import org.batchengine.schedule.Schedule;
import org.batchengine.store.Actor;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.LimitName;
import org.batchengine.store.NewItem;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.Settlement.Outcome;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How many statements the verbs of the walk cost: the same however many items they are for. */
abstract class StatementContract extends StoreContract {
  private final Counts counts;

  StatementContract(Supplier<JdbcUnderTest> opener, Counts counts) {
    super(opener::get);
    this.counts = counts;
  }

  /**
   * Statements of each verb, with what a transaction begins with and without its commit. A bulk
   * load by COPY is none.
   */
  record Counts(
      int submitFew,
      int submitMany,
      int submitKeyed,
      int claim,
      int claimWithRetries,
      int settle,
      int settleOfEveryKind,
      int commit,
      int load,
      int end,
      int renew) {}

  @Test
  void submitOfFewItems() {
    executed();
    submit(40);

    assertThat(executed()).hasSize(counts.submitFew());
  }

  @Test
  @DisplayName("REQ-M19 a tenant without limits on submits pays for no statement more")
  void submitBesideTenantsWithLimits() {
    Actor alice = NewBatches.by("alice");
    Limit one = Limit.none().liveBatches(1);
    store.limits().set(LimitName.ofTenant("other"), one, alice, "for a test");
    store.limits().set(LimitName.EACH_TENANT, Limit.none().weight(2), alice, "for a test");
    executed();
    submit(40);

    assertThat(executed()).hasSize(counts.submitFew());
  }

  @Test
  void submitOfManyItems() {
    executed();
    submit(100);
    assertThat(executed()).hasSize(counts.submitMany());
    submit(5_000);

    assertThat(executed()).hasSize(counts.submitMany());
  }

  @Test
  void submitOfItemsWithKeysAndAKeyOfItsOwn() {
    List<NewItem> items =
        IntStream.range(0, 5_000).mapToObj(i -> new NewItem("key-" + i, "input")).toList();
    executed();
    submit(NewBatches.any().idempotencyKey("key").build(), items);

    assertThat(executed()).hasSize(counts.submitKeyed());
  }

  @Test
  void claimOfChunks() {
    submit(5_000);
    TestSession session = session();
    executed();
    session.claim("annotate", 10, 10);
    assertThat(executed()).hasSize(counts.claim());
    session.claim("annotate", 1_000, 200);

    assertThat(executed()).hasSize(counts.claim());
  }

  @Test
  void claimOfRetriesAndChunks() {
    long batch = submit(100);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(50);
    SettlementDraft draft = SettlementDraft.of().removed(chunk);
    indexes(chunk).forEach(index -> draft.parked(batch, index, NOW));
    session.settle(draft);
    executed();
    session.claim("annotate", 60, 10);

    assertThat(executed()).hasSize(counts.claimWithRetries());
  }

  @Test
  @DisplayName("F9 REQ-B7 a settle has the same statements, one or a thousand items")
  void settleOfOutcomes() {
    submit(2_000);
    TestSession session = session();
    List<ClaimedChunk> chunks = session.claim("annotate", 1_001, 250).chunks();
    session.finish(chunks.get(0));
    executed();
    session.settle(outcomes(chunks.subList(4, 5)));
    assertThat(executed()).hasSize(counts.settle());
    session.settle(outcomes(chunks.subList(1, 4)));

    assertThat(executed()).hasSize(counts.settle());
  }

  private static SettlementDraft outcomes(List<ClaimedChunk> chunks) {
    SettlementDraft draft = SettlementDraft.of();
    for (ClaimedChunk chunk : chunks) {
      indexes(chunk).forEach(index -> draft.succeeded(chunk.batch(), index));
      draft.removed(chunk);
    }
    return draft;
  }

  @Test
  @DisplayName("F9 a settle of every kind of content")
  void settleOfEveryKind() {
    long batch = submit(100);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(50);
    session.settle(
        SettlementDraft.of().succeeded(batch, 0).parked(batch, 1, NOW).parked(batch, 2, NOW));
    Claim retries = session.claim("annotate", 4, 1);
    SettlementDraft draft =
        SettlementDraft.of()
            .outcome(retries.parked().get(0), ItemState.SUCCEEDED)
            .parkedAgain(retries.parked().get(1), NOW)
            .failed(batch, 3, error(1, "no"))
            .failure(batch, 4, error(1, "no"))
            .parked(batch, 4, NOW)
            .rate(batch, 5)
            .removed(chunk);
    IntStream.range(5, 50).forEach(index -> draft.succeeded(batch, index));
    executed();
    session.settle(draft);

    assertThat(executed()).hasSize(counts.settleOfEveryKind());
  }

  @Test
  @DisplayName("REQ-B7 a commit of host code has the same statements, two items or nine hundred")
  void commitOfOutcomes() {
    long batch = submit(1_000);
    TestSession session = session();
    session.claim(1_000);
    commit(session, batch, 0, 1);
    executed();
    commit(session, batch, 1, 3);
    assertThat(executed()).hasSize(counts.commit());
    commit(session, batch, 3, 903);

    assertThat(executed()).hasSize(counts.commit());
  }

  private void commit(TestSession session, long batch, int from, int to) {
    try (ItemTransaction<Connection> transaction =
        store.settling().beginTransaction(Connection.class, session.id())) {
      transaction.mark();
      transaction.keep();
      transaction.commit(
          IntStream.range(from, to)
              .mapToObj(
                  i -> new Outcome(batch, i, ItemState.SUCCEEDED, 1, "" + i, i, null, null, false))
              .toList(),
          1);
    }
  }

  @Test
  void loadOfAChunk() {
    submit(1_000);
    ClaimedChunk chunk = session().claim(100).chunks().get(0);
    executed();
    store.claiming().load(chunk);

    assertThat(executed()).hasSize(counts.load());
  }

  @Test
  void endOfBatches() {
    List<Long> batches = IntStream.range(0, 31).mapToObj(i -> done(1)).toList();
    executed();
    store.settling().completeIfDone(batches.subList(0, 1));
    assertThat(executed()).hasSize(counts.end());
    store.settling().completeIfDone(batches.subList(1, 31));

    assertThat(executed()).hasSize(counts.end());
  }

  @Test
  @DisplayName("a renewal is one statement, whatever the session owns")
  void renewal() {
    submit(1_000);
    TestSession session = session();
    session.claim(1_000);
    try (SessionRenewal renewal = store.sessions().renewal()) {
      executed();
      renewal.renew(session.id(), EXPIRY);

      assertThat(executed()).hasSize(counts.renew());
    }
  }

  @Test
  @DisplayName("REQ-M15 a poll for schedules is one statement while nothing is due")
  void pollForSchedules() {
    JobType<String, String> type = JobType.of("scheduled", String.class, String.class);
    Schedule yearly = Schedule.cron("yearly", "0 0 1 1 *", ZoneOffset.UTC);
    BatchEngine.Builder builder =
        BatchEngine.builder(under.another())
            .clock(clock)
            .register(type, text -> text)
            .schedule(yearly, fire -> BatchRequest.of(type, List.of("a")));
    try (ManualEngine engine = builder.manual()) {
      engine.runUntilIdle();
      engine.schedules().put(Schedule.every("often", Duration.ofDays(1)).template("t"));
      pass(Duration.ofSeconds(1));
      engine.runUntilIdle();
      executed();
      pass(Duration.ofSeconds(1));
      engine.runUntilIdle();

      assertThat(executed())
          .filteredOn(sql -> sql.contains("batch_schedule") || sql.contains("batch_fire"))
          .hasSize(1);
    }
  }

  @Test
  @DisplayName("REQ-M9 a report is a statement a page, and two once it is kept")
  void report() {
    long few = done(10);
    completeIfDone(few);
    long many = submit(2_001);
    try (ManualEngine engine = BatchEngine.builder(under.another()).manual()) {
      executed();
      engine.reports().of(header(few).id());
      List<String> made = executed();
      assertThat(made).filteredOn(sql -> sql.contains("duration_micros")).hasSize(1);
      assertThat(made).hasSizeLessThan(16);
      BatchId id = header(few).id();
      executed();
      engine.reports().of(id);
      assertThat(executed()).hasSize(2);
      engine.reports().of(header(many).id());

      assertThat(executed()).filteredOn(sql -> sql.contains("duration_micros")).hasSize(2);
    }
  }

  @Test
  @DisplayName("REQ-M13 a page of a comparison is one statement, or three if the order differs")
  void pairsOfTwoBatches() {
    for (int items : List.of(10, 2_000)) {
      long a = submitKeyed(items, 0);
      long b = submitKeyed(items, 0);
      long shifted = submitKeyed(items, 1);

      assertThat(pairs(a, b, items)).hasSize(1);
      assertThat(pairs(a, shifted, items)).hasSize(3);
    }
  }

  private long submitKeyed(int items, int from) {
    return submit(
        NewBatches.any().build(),
        IntStream.range(from, from + items).mapToObj(i -> new NewItem("key-" + i, "in")).toList());
  }

  private List<String> pairs(long a, long b, int items) {
    BatchHeader headerOfA = header(a);
    BatchHeader headerOfB = header(b);
    executed();
    assertThat(store.reports().pairs(headerOfA, headerOfB, 0, items)).isNotEmpty();
    return aboutItems();
  }

  @Test
  @DisplayName("REQ-M12 a page of an export is two statements")
  void pageOfAnExport() {
    BatchHeader batch = header(submit(2_000));
    executed();
    assertThat(store.reading().page(batch, 10, 1_000, 1 << 20)).hasSize(1_000);

    assertThat(aboutItems()).hasSize(2);
  }

  private List<String> aboutItems() {
    return executed().stream().filter(sql -> sql.contains("batch_item")).toList();
  }

  private List<String> executed() {
    return ((JdbcUnderTest) under)
        .probed().takeExecuted().stream().filter(sql -> !sql.equals("commit")).toList();
  }
}
