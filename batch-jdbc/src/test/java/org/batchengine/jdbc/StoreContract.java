package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.ManualClock;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.Reason;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.Submitted;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What the parts of the contract share: a fresh store each, and a look at it after each test. */
abstract class StoreContract {
  /** When the clock of each store starts. */
  static final Instant START = Instant.parse("2026-11-01T12:00:00Z");

  static final Duration EXPIRY = Duration.ofSeconds(12);
  static final Duration NOW = Duration.ZERO;
  static final Duration LATER = Duration.ofDays(1);

  /** The id of no batch. */
  static final BatchId UNKNOWN = BatchId.of(new UUID(1, 2));

  static final Claim NOTHING = new Claim(List.of(), List.of(), false);

  private final Supplier<StoreUnderTest> opener;
  StoreUnderTest under;
  BatchStore store;
  ManualClock clock;

  StoreContract(Supplier<StoreUnderTest> opener) {
    this.opener = opener;
  }

  @BeforeEach
  void open() {
    under = opener.get();
    store = under.store();
    clock = under.clock();
  }

  @AfterEach
  void check() {
    try (StoreUnderTest closing = under) {
      assertThat(closing.violations()).isEmpty();
      store.reading().history(HistoryQuery.all()).forEach(this::countsAreThoseOfTheItems);
      store.reading().history(HistoryQuery.all()).forEach(this::isExplained);
      assertThat(closing.connectionsOut()).isZero();
    }
  }

  /** I2: what a batch says of its items is what its items say of themselves. */
  private void countsAreThoseOfTheItems(BatchJob job) {
    BatchHeader header = store.reading().header(job.id(), null).orElseThrow();
    Map<ItemState, Long> states = new EnumMap<>(ItemState.class);
    Optional<String> cursor = Optional.empty();
    do {
      ItemQuery all = ItemQuery.all().limit(1_000);
      BatchPage<BatchItem<String, String>> page =
          store.reading().items(header, cursor.map(all::after).orElse(all));
      page.forEach(item -> states.merge(item.state(), 1L, Long::sum));
      cursor = page.next();
    } while (cursor.isPresent());
    assertThat(job.counts()).as("counts of %s", job).isEqualTo(BatchCounts.of(states));
  }

  /** Whatever a test leaves behind: there are reasons until the end, of all that is not settled. */
  private void isExplained(BatchJob job) {
    List<Reason> reasons =
        store.reading().explain(store.reading().header(job.id(), null).orElseThrow());
    assertThat(reasons.isEmpty()).as("reasons %s of %s", reasons, job).isEqualTo(job.isTerminal());
    assertThat(reasons.stream().mapToLong(Reason::items).sum())
        .as("items of %s of %s", reasons, job)
        .isEqualTo(job.counts().unfinished());
  }

  // --- Given ---

  /** A batch of which all items are settled, and which nobody has completed. */
  long done(int items) {
    long batch = submit(items);
    TestSession session = session();
    session.finish(session.claimChunk(items));
    store.sessions().release(session.id());
    return batch;
  }

  /** The job if this call ended it. */
  Optional<BatchJob> completeIfDone(long batch) {
    return store.settling().completeIfDone(List.of(batch)).stream().findFirst();
  }

  long submit(int items) {
    return submit(NewBatches.any().build(), NewBatches.items(items));
  }

  long submit(NewBatches batch, int items) {
    return submit(batch.build(), NewBatches.items(items));
  }

  long submit(NewBatch batch, List<NewItem> items) {
    return number(store.submitting().submit(batch, items));
  }

  static long number(Submitted submitted) {
    assertThat(submitted).isInstanceOf(Submitted.Created.class);
    return ((Submitted.Created) submitted).batch();
  }

  TestSession session() {
    return new TestSession(store, store.sessions().open("host", EXPIRY));
  }

  /** Renews the session once; false if it is gone. */
  boolean renew(TestSession session) {
    return renew(session.id());
  }

  boolean renew(long session) {
    try (SessionRenewal renewal = store.sessions().renewal()) {
      return renewal.renew(session, EXPIRY);
    }
  }

  /** Lets the session expire, and reaps it. */
  void kill(TestSession session) {
    assertThat(store.sessions().reap(expired(session))).isTrue();
  }

  /** The session's expiry, which passes. */
  SessionExpiry expired(TestSession session) {
    assertThat(renew(session)).isTrue();
    pass(EXPIRY.plusMillis(1));
    return store.sessions().expired().stream()
        .filter(expiry -> expiry.session() == session.id())
        .findFirst()
        .orElseThrow();
  }

  void pass(Duration time) {
    clock.advance(time);
  }

  /** So that what follows is later than what was. */
  void passMoment() {
    pass(Duration.ofMillis(1));
  }

  Instant now() {
    return clock.instant();
  }

  ItemError error(int attempt, String message) {
    return ItemError.of(attempt, "E_TEST", message, now());
  }

  /** A batch of so many items, all parked for a retry that is due. */
  long park(int items) {
    return park(NewBatches.any(), items);
  }

  /** Parks all items of batches whose work nobody else has. */
  void parkAll(long... batches) {
    TestSession session = session();
    SettlementDraft draft = SettlementDraft.of();
    for (ClaimedChunk chunk : session.claim(1_000).chunks()) {
      indexes(chunk).forEach(index -> draft.parked(chunk.batch(), index, NOW));
      draft.removed(chunk);
      assertThat(batches).contains(chunk.batch());
    }
    session.settle(draft);
    store.sessions().release(session.id());
  }

  long park(NewBatches of, int items) {
    long batch = submit(of, items);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(items);
    SettlementDraft draft = SettlementDraft.of().removed(chunk);
    IntStream.range(0, items).forEach(index -> draft.parked(batch, index, NOW));
    session.settle(draft);
    store.sessions().release(session.id());
    return batch;
  }

  /** A batch of one item that failed once and is parked. */
  long park(Duration delay) {
    long batch = submit(1);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(1);
    session.settle(
        SettlementDraft.of()
            .failure(batch, 0, error(1, "first"))
            .parked(batch, 0, delay)
            .removed(chunk));
    return batch;
  }

  /** A batch of so many items, all suspects. */
  long suspects(int items) {
    long batch = submit(items);
    for (int i = 0; i < 2; i++) {
      TestSession session = session();
      session.claimChunk(items);
      kill(session);
    }
    return batch;
  }

  // --- Seen ---

  BatchHeader header(long batch) {
    List<BatchHeader> headers = store.claiming().headers(List.of(batch));
    assertThat(headers).hasSize(1);
    return headers.get(0);
  }

  BatchJob job(long batch) {
    return job(header(batch).id());
  }

  BatchJob job(BatchId id) {
    return store.reading().find(id, null).orElseThrow();
  }

  BatchItem<String, String> item(long batch, int index) {
    return store.reading().item(header(batch), index).orElseThrow();
  }

  static List<Integer> indexes(ClaimedChunk chunk) {
    return IntStream.range(chunk.from(), chunk.to()).boxed().toList();
  }

  static List<Integer> indexes(List<ClaimedChunk> chunks) {
    return chunks.stream().flatMap(chunk -> indexes(chunk).stream()).toList();
  }
}
