package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.batchengine.feed.AuditQuery;
import org.batchengine.jdbc.database.TableNames;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.EngineNode;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.report.StatisticsQuery;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.FeedStore;
import org.batchengine.store.Fill;
import org.batchengine.store.FillStep;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewSettings;
import org.batchengine.store.Steering;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What statements read on PostgreSQL, in pages, when there is much: each must look up what it needs
 * and nothing else.
 */
@Tag("PostgreSQL")
class PlansTest {
  private static final Pattern ROWS = Pattern.compile("actual time=\\S+ rows=([0-9.]+) ");

  private static final String URL = PostgresServer.newDatabase(); // so that no index is bloated
  private static final Jdbi JDBI = Jdbi.create(URL);

  @BeforeAll
  static void fill() {
    JDBI.useHandle(
        handle -> {
          // 1 to 10,000: active batches of 1,000 tenants; 1 is sequential and half done.
          handle.execute(
              """
              insert into batch_job (batch_no, id, type, tenant, priority, metadata, state, input_format,
                output_format, total, created_at, updated_at, started_at, sequential, submitted_by)
              select n, gen_random_uuid(), 'work', 'tenant ' || n % 1000, 5, '{}',
                case n % 100 when 50 then 'STOPPING' when 51 then 'PAUSED' else 'RUNNING' end,
                'text', 'text', 100000, now(), now(), now(), n = 1, case n % 2 when 0 then 'bob' else 'carol' end
              from generate_series(1, 10000) n
              """);
          handle.execute(
              """
              insert into batch_chunk (batch_no, from_index, to_index, open_items, item_bytes, type, tenant,
                priority, sequential, held, due_at)
              select batch_no, k * 10000, k * 10000 + 10000, 10000, 10, type, tenant, priority, sequential,
                state = 'PAUSED', now() - interval '1 minute'
              from batch_job, generate_series(5, 9) k where state <> 'STOPPING'
              """);
          handle.execute(
              """
              insert into batch_item (item_id, input)
              select 2147483648 + n, 'an input' from generate_series(0, 99999) n
              """);
          handle.execute(
              """
              insert into batch_outcome (item_id, state, attempts, settled_at)
              select 2147483648 + n, 'SUCCEEDED', 1, now() from generate_series(0, 59999) n
              """);
          // 20,001 to 20,010: ended, each with 100,000 items, of which one in five has failed.
          handle.execute(
              """
              insert into batch_job (batch_no, id, type, tenant, priority, metadata, state, input_format,
                output_format, total, succeeded, failed, skipped, cancelled, created_at, updated_at,
                started_at, ended_at)
              select n, gen_random_uuid(), 'work', 'tenant ' || n % 1000, 5, '{}', 'COMPLETED', 'text', 'text',
                100000, 80000, 20000, 0, 0, now(), now(), now(), now()
              from generate_series(20001, 20010) n
              """);
          handle.execute(
              """
              insert into batch_item (item_id, input)
              select b * 2147483648 + n, 'an input'
              from generate_series(20001, 20010) b, generate_series(0, 99999) n
              """);
          handle.execute(
              """
              insert into batch_outcome (item_id, state, attempts, settled_at, output)
              select b * 2147483648 + n, case n % 5 when 2 then 'FAILED' else 'SUCCEEDED' end, 1, now(), 'out'
              from generate_series(20001, 20010) b, generate_series(0, 99999) n
              """);
          handle.execute(
              """
              insert into batch_error (item_id, attempt, type, message, fingerprint, stack, failed_at)
              select b * 2147483648 + n, 1, 'E_TEST', 'failed', 'print', 'stack', now()
              from generate_series(20001, 20010) b, generate_series(2, 99999, 5) n
              """);
          // 2 waits for the retries of 100,000 items, of which 1,000 are due.
          handle.execute(
              """
              insert into batch_parked (item_id, batch_no, kind, attempts, due_at, type, tenant, priority)
              select 2::bigint * 2147483648 + n, 2, 'RETRY', 1,
                now() + case when n < 1000 then interval '-1 minute' else interval '1 day' end,
                'work', 'tenant 2', 5
              from generate_series(0, 99999) n
              """);
          // 3 is done, and nobody has said so yet.
          handle.execute("delete from batch_chunk where batch_no in (2, 3)");
          handle.execute(
              """
              insert into batch_item (item_id, input)
              select 3::bigint * 2147483648 + n, 'an input' from generate_series(0, 999) n
              union all select 2::bigint * 2147483648 + n, 'an input' from generate_series(0, 99999) n
              """);
          handle.execute(
              """
              insert into batch_outcome (item_id, state, attempts, settled_at)
              select 3::bigint * 2147483648 + n, 'SUCCEEDED', 1, now() from generate_series(0, 999) n
              """);
          handle.execute("update batch_job set total = 1000 where batch_no = 3");
          handle.execute(
              """
              insert into batch_key (tenant, idempotency_key, batch_no)
              select tenant, 'key ' || batch_no, batch_no from batch_job
              """);
          handle.execute(
              """
              insert into batch_event
                (batch_no, batch_id, tenant, type, run, kind, actor, happened_at, position)
              select batch_no, id, tenant, type, 1, kind, 'user ' || batch_no % 1000, now(),
                row_number() over (order by batch_no, kind desc)
              from batch_job, unnest(array['SUBMITTED', 'STARTED']) kind
              """);
          handle.execute("insert into batch_reader select '', '', max(position) from batch_event");
          TableNames.ALL.forEach(table -> handle.execute("vacuum analyze " + table));
        });
  }

  @AfterAll
  static void drop() {
    PostgresServer.drop(URL); // to make it empty would take longer than a fresh one
  }

  /** Whole verbs of the store, each statement of which the server explains as it runs it. */
  @Nested
  class Verbs {
    private final HikariDataSource pool = PlanNotices.explaining(URL);
    private final PlanNotices notices = new PlanNotices(pool);
    private final JdbcBatchStore store = JdbcBatchStore.of(notices.dataSource());
    private long session;

    @BeforeEach
    void open() {
      store.connect(new StoreSettings(Duration.ofMinutes(5), 4, 1 << 20));
      session = store.sessions().open("host", Duration.ofMinutes(5));
      store.sessions().open("another host", Duration.ofMinutes(5));
      notices.take();
    }

    @AfterEach
    void close() {
      store.close();
      pool.close();
    }

    private Claim claim(int items) {
      return store
          .claiming()
          .claim(
              new ClaimRequest(session, List.of(new ClaimRequest.Wanted("work", items, 100, 10))));
    }

    @Test
    void claim() {
      Claim claim = claim(300);

      assertThat(claim.parked()).isNotEmpty();
      assertThat(claim.chunks()).isNotEmpty();
      assertLookUps(2_000); // it writes 150 retries
    }

    @Test
    void whoseTurnItIsTakesIndexLookUpsOnly() {
      claim(300);

      assertLookUps("with recursive turn", 150);
    }

    @Test
    void aTenantsChunksAreLookedUp() {
      claim(300);

      assertLookUps("c.lost, c.item_bytes", 150);
    }

    @Test
    void dueRetries() {
      assertThat(claim(2).parked()).hasSize(1);
      assertLookUps(500);
    }

    @Test
    @DisplayName("REQ-M5 a look for overdue items reads nothing of what waits for retries")
    void overdueItems() {
      assertThat(store.claiming().claimOverdue(session, List.of("work")).isEmpty()).isTrue();

      assertLookUps("v.priority", 100);
    }

    @Test
    void load() {
      assertThat(store.claiming().load(new ClaimedChunk(1, "work", 59_900, 60_100, 0)))
          .hasSize(100);
      assertLookUps(100);
    }

    @Test
    void settle() {
      ClaimedChunk chunk = claim(300).chunks().get(0);
      notices.take();
      SettlementDraft draft = SettlementDraft.of().removed(chunk);
      for (int index = chunk.from(); index < chunk.to(); index++) {
        draft.outcome(chunk.batch(), index, ItemState.SUCCEEDED);
      }
      store.settling().settle(draft.numbered(session, 1));

      assertLookUps(2_000); // it inserts a hundred rows
    }

    @Test
    void completion() {
      assertThat(store.settling().completeIfDone(List.of(1L))).isEmpty();
      assertLookUps(20);
      assertThat(store.settling().completeIfDone(List.of(3L))).hasSize(1);
      assertLookUps(200);
    }

    @Test
    void sweep() {
      store.sweeping().done(100);
      assertThat(notices.take()).noneMatch(plan -> plan.contains("Seq Scan on batch_item"));
    }

    @ParameterizedTest
    @CsvSource({
      "all, 2000",
      "tenant, 500",
      "state, 200",
      "owner, 20",
      "owner and state, 20",
      "key, 50",
      "after, 2000",
    })
    @DisplayName("REQ-U8 a history is looked up by an index, whatever it is filtered by")
    void history(String by, int pages) {
      HistoryQuery query =
          switch (by) {
            case "tenant" -> HistoryQuery.all().tenant("tenant 500");
            case "state" -> HistoryQuery.all().state(BatchState.COMPLETED);
            case "owner" -> HistoryQuery.all().submittedBy("alice");
            case "owner and state" ->
                HistoryQuery.all().submittedBy("bob").state(BatchState.PAUSED); // he has none
            case "key" -> HistoryQuery.all().idempotencyKey("key 500");
            case "after" -> HistoryQuery.all().after("5000");
            default -> HistoryQuery.all();
          };
      store.reading().history(query);

      assertLookUps(pages);
    }

    @ParameterizedTest
    @CsvSource({
      "20005, , -1",
      "20005, , 49999",
      "20005, , 99949",
      "20005, FAILED, -1",
      "20005, FAILED, 49999",
      "20005, FAILED, 99949",
      "20005, SUCCEEDED, 49999",
      "20005, RETRYING, 49999",
      "    1, , 59949",
      "    1, PENDING, 59949",
      "    1, PENDING, 89999",
      "    1, RUNNING, -1",
      "    2, RETRYING, 49999",
      "    2, DEFERRED, 99949",
    })
    void items(long batch, @Nullable ItemState state, int after) {
      BatchHeader header = store.claiming().headers(List.of(batch)).get(0);
      notices.take();
      ItemQuery query = state == null ? ItemQuery.all() : ItemQuery.inState(state);
      store.reading().items(header, query.after(Integer.toString(after)));

      assertLookUps(3_000); // of a hundred items, each with its outcome, parked row and error
    }

    @ParameterizedTest
    @CsvSource({", -1", ", 49999", "FAILED, 49999", "RETRYING, 49999", "SUCCEEDED, 99949"})
    void itemsByTheirError(@Nullable ItemState state, int after) {
      BatchHeader header = store.claiming().headers(List.of(20005L)).get(0);
      notices.take();
      ItemQuery query = state == null ? ItemQuery.all() : ItemQuery.inState(state);
      store.reading().items(header, query.errorType("E_TEST").after(Integer.toString(after)));

      assertLookUps(3_000);
    }

    /** Of 20,000 failures the last error, outcome and next attempt; of the group one error more. */
    @Test
    void errorGroups() {
      BatchHeader header = store.claiming().headers(List.of(20005L)).get(0);
      notices.take();
      assertThat(store.reading().errorGroups(header, 10)).hasSize(1);

      assertLookUps("row_number", 200_000);
    }

    @Test
    @DisplayName("why a batch is not done is read from what is in motion, not from its outcomes")
    void explain() {
      BatchHeader header = store.claiming().headers(List.of(1L)).get(0); // has 60,000 outcomes
      notices.take();
      assertThat(store.reading().explain(header)).isNotEmpty();

      assertLookUps(150);
    }

    @Test
    void nodes() {
      claim(300);
      notices.take();
      assertThat(store.sessions().nodes()).extracting(EngineNode::items).contains(300L);

      assertLookUps(500);
    }

    /** Of 50,000 items the outcomes alone. */
    @Test
    @DisplayName("REQ-M9 a page of a report reads the outcomes of its own items")
    void figures() {
      BatchHeader header = store.claiming().headers(List.of(20005L)).get(0);
      for (int i = 0; i < 8; i++) { // so that the plan is one that is kept
        notices.take();
        assertThat(store.reports().figures(header, 0, 50_000)).hasSize(50_000);
      }

      assertLookUps(1_500);
    }

    @Test
    @DisplayName("REQ-M11 statistics of a tenant or a user read their batches alone")
    void statistics() {
      assertThat(store.reports().statistics(StatisticsQuery.all().tenant("tenant 500"))).hasSize(1);
      assertLookUps(100);
      assertThat(store.reports().statistics(StatisticsQuery.all().submittedBy("alice"))).isEmpty();
      assertLookUps(20);
    }

    @Test
    void keptReport() {
      BatchHeader header = store.claiming().headers(List.of(20005L)).get(0);
      notices.take();
      assertThat(store.reports().keepReport(header, 1, "kept")).isTrue();
      assertThat(store.reports().report(header.id(), 1)).contains("kept");
      assertThat(store.reports().keys(header, List.of(1, 99_999))).isEmpty();

      assertLookUps(50);
    }

    /** A plan made while there were no outcomes would go on reading all that come. */
    @Test
    void itemsOfABatchThatGrows() {
      JDBI.useHandle(
          handle ->
              handle.execute(
                  """
                  insert into batch_item (item_id, input)
                  select 4::bigint * 2147483648 + n, 'in' from generate_series(0, 999) n
                  """));
      JDBI.useHandle(handle -> handle.execute("create table kept as table batch_outcome"));
      JDBI.useHandle(handle -> handle.execute("truncate batch_outcome"));
      JDBI.useHandle(handle -> handle.execute("analyze batch_outcome")); // known to be empty
      BatchHeader header = store.claiming().headers(List.of(4L)).get(0);
      for (int i = 0; i < 12; i++) {
        store.reading().items(header, ItemQuery.all());
      }
      JDBI.useHandle(handle -> handle.execute("insert into batch_outcome table kept"));
      JDBI.useHandle(handle -> handle.execute("drop table kept"));
      notices.take();
      store.reading().items(header, ItemQuery.all());

      assertLookUps(3_000);
    }

    @Test
    void whatASessionOwns() {
      claim(300);
      notices.take();
      assertThat(store.claiming().owned(session).parked()).isNotEmpty();

      assertLookUps(500);
    }

    @Test
    @DisplayName("the next item of a sequential batch is looked up in its chunk alone")
    void claimInOrder() {
      store.claiming().claimSequential(session, List.of("work"));

      // Its chunk is a tenth of the batch: 60 pages, or 210 if the vacuum left the rows unmarked.
      // The
      // whole batch has over 430.
      assertLookUps(300);
    }

    @Test
    void stoppingBatchesAreLookedUpOneByOne() {
      store.sweeping().stopping(100);

      assertLookUps(1_000);
    }

    @Test
    void wrongMarksAreLookedUpBatchByBatch() {
      store.sweeping().repair();

      assertThat(notices.of("j.state = 'PAUSED'\n"))
          .noneMatch(plan -> plan.contains("Seq Scan on batch_chunk"));
    }

    @Test
    void changedBatchesAndThoseWithABudgetAreLookedUpOneByOne() {
      BatchHeader header = store.claiming().headers(List.of(4L)).get(0);
      store
          .steering()
          .change(
              new Steering(header.id(), null, NewBatches.by("alice"), "urgent"),
              new NewSettings(null, "none", null, null, null, null, null));
      notices.take();
      store.sweeping().repair();
      assertThat(notices.of("j.revision > 0")).noneMatch(plan -> plan.contains("Seq Scan"));
      store.sweeping().beyondBudget(100);
      assertThat(notices.of("j.budget_most is not null"))
          .noneMatch(plan -> plan.contains("Seq Scan on batch_job"));
    }

    @Test
    @DisplayName("chunks of 20,000 batches that are due later cost a claim and a sweep nothing")
    void batchesThatAreNotDue() {
      JDBI.useHandle(
          handle ->
              handle.execute("alter table batch_job alter column batch_no restart with 40001"));
      for (String tenant : List.of("tenant 0", "now")) {
        Instant due = Instant.now().plus(Duration.ofHours(tenant.equals("now") ? 0 : 1));
        NewBatch batch = NewBatches.any().type("later").tenant(tenant).startAt(due).build();
        store.submitting().submit(batch, NewBatches.items(1));
      }
      JDBI.useHandle(
          handle ->
              handle.execute(
                  """
                  insert into batch_chunk (batch_no, from_index, to_index, open_items, item_bytes, type, tenant,
                    priority, held, due_at)
                  select batch_no + 1000 + n, 0, 1, 1, 10, type, 'tenant ' || n, priority, held, due_at
                  from batch_chunk, generate_series(1, 20000) n where tenant = 'tenant 0' and type = 'later'
                  """));
      notices.take();
      assertThat(
              store
                  .claiming()
                  .claim(
                      new ClaimRequest(
                          session, List.of(new ClaimRequest.Wanted("later", 10, 100, 10))))
                  .chunks())
          .hasSize(1);
      assertLookUps(60);
      store.sweeping().repair();
      assertLookUps("c.held", 3_000); // the 500 chunks of paused batches, but no later ones
      JDBI.useHandle(handle -> handle.execute("delete from batch_chunk where type = 'later'"));
      JDBI.useHandle(handle -> handle.execute("delete from batch_job where type = 'later'"));
    }

    @Test
    @DisplayName("types that nobody works on are looked up one by one, however much work they have")
    void typesThatNobodyWorksOn() {
      store.sweeping().unserved();

      assertLookUps("waiting", 1_000);
    }

    @Test
    void overdue() {
      store.sweeping().overdue(100);

      assertLookUps(20);
    }

    @Test
    void removal() {
      JDBI.useHandle(
          handle ->
              handle.execute(
                  """
                  insert into batch_job (batch_no, id, type, tenant, priority, metadata, state, input_format,
                    output_format, total, succeeded, failed, skipped, cancelled, created_at, updated_at, ended_at)
                  select n, gen_random_uuid(), 'work', 'tenant', 5, '{}', 'COMPLETED', 'text', 'text', 1, 1, 0, 0,
                    0, now(), now(), now() - interval '2 days'
                  from generate_series(30001, 30003) n
                  """));
      assertThat(
              store.sweeping().purgePayloads(Duration.ofDays(1), null, NewBatches.by("node"), 10))
          .isEqualTo(3);
      assertThat(store.sweeping().hideEnded(Duration.ofDays(1), 10)).isEqualTo(3);
      while (store.sweeping().removeHidden(1_000)) {}

      assertLookUps(200);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
        "REQ-M17 a slice of what a batch is made of reads its range alone, and sorts nothing")
    void sliceOfAFill(Fill.Part part) {
      long batch = part == Fill.Part.INPUT ? 40_001 : 40_000;
      JDBI.useHandle(
          handle -> {
            handle.execute(
                """
                insert into batch_job (batch_no, id, type, tenant, priority, metadata, state, input_format,
                  output_format, created_at, updated_at)
                values (?, gen_random_uuid(), 'later', 'tenant', 5, '{}', 'PENDING', 'text', 'text', now(), now())
                """,
                batch);
            handle.execute(
                """
                insert into batch_fill (batch_no, from_no, from_id, of_inputs, states, max_payload, next_item)
                values (?, 20005, gen_random_uuid(), ?, 'SUCCEEDED', 1000, 20005::bigint * 2147483648)
                """,
                batch,
                part == Fill.Part.INPUT);
          });
      notices.take();
      for (int slice = 0; slice < 8; slice++) { // some with a plan that is kept
        assertThat(store.waiting().fill(batch, 2_000, 1 << 20)).isEqualTo(FillStep.MORE);
      }

      List<String> plans = notices.of("from batch_outcome o");
      assertThat(plans).hasSize(16).noneMatch(plan -> plan.contains("Sort Key: o.item_id"));
      plans.forEach(plan -> assertRange(plan, 2_000));
      JDBI.useHandle(
          handle -> {
            handle.execute("delete from batch_fill where batch_no = ?", batch);
            handle.execute("delete from batch_job where batch_no = ?", batch);
            handle.execute("delete from batch_item where item_id >= ?::bigint * 2147483648", batch);
          });
    }

    @Test
    @DisplayName("REQ-M12 a page of an export is looked up")
    void pageOfAnExport() {
      BatchHeader header = header(20005);
      notices.take();
      assertThat(store.reading().page(header, 50_000, 1_000, 1 << 20)).hasSize(1_000);

      assertLookUps(20_000); // of a thousand items, each with its outcome, parked row and error
    }

    @Test
    @DisplayName("REQ-M13 a page of a comparison reads the ranges of both batches alone")
    void pairsByIndex() {
      BatchHeader a = header(20005);
      BatchHeader b = header(20007);
      notices.take();
      for (int from = 0; from < 20_000; from += 2_000) { // some with a plan that is kept
        assertThat(store.reports().pairs(a, b, from, from + 2_000)).hasSize(2_000);
      }

      assertLookUps("t.item_key", 1_000); // a look-up for each item would read far more
    }

    /** Backwards, so that no key meets. There are no statistics of these batches. */
    @Test
    @DisplayName("REQ-M13 keys in another order are looked up one by one")
    void pairsByKey() {
      JDBI.useHandle(
          handle -> {
            handle.execute(
                """
                insert into batch_item (item_id, item_key)
                select b * 2147483648 + n, 'key ' || case b when 5 then n else 20000 - n end
                from generate_series(5::bigint, 6) b, generate_series(1, 20000) n
                """);
            handle.execute(
                """
                insert into batch_item_key (batch_no, item_key, item_index)
                select item_id / 2147483648, item_key, item_id % 2147483648 from batch_item
                where item_id > 5 * 2147483648 and item_id < 7 * 2147483648
                """);
          });
      BatchHeader a = header(5);
      BatchHeader b = header(6);
      notices.take();
      for (int from = 0; from < 20_000; from += 2_000) {
        store.reports().pairs(a, b, from, from + 2_000);
      }

      assertRanges("batch_item_key", 2_000);
    }

    private BatchHeader header(long batch) {
      return store.claiming().headers(List.of(batch)).get(0);
    }

    /** No step of the plans has more rows than the range. */
    private void assertRanges(String words, int rows) {
      notices.of(words).forEach(plan -> assertRange(plan, rows));
    }

    private static void assertRange(String plan, int rows) {
      assertThat(plan).doesNotContainPattern("Seq Scan on batch_(item|outcome|item_key)\\b");
      Matcher step = ROWS.matcher(plan);
      while (step.find()) {
        assertThat(Double.parseDouble(step.group(1))).as(plan).isLessThanOrEqualTo(rows);
      }
    }

    @Test
    @DisplayName("the feed and the audit look events up, whatever they are asked for")
    void feed() {
      FeedStore feed = store.feed();
      long before = feed.end();
      JDBI.useHandle(
          handle ->
              handle.execute(
                  """
                  insert into batch_event (batch_no, batch_id, tenant, type, run, kind, happened_at)
                  select batch_no, batch_id, tenant, type, run, kind, happened_at from batch_event
                  where position in (10000, 10001)
                  """));
      notices.take();
      assertThat(feed.read(before, 10, null).events()).hasSize(2);
      assertLookUps(50); // it numbers two
      assertThat(feed.read(10_000, 10, null).events()).hasSize(10);
      assertThat(feed.read(10_000, 10, "tenant 500").events()).hasSize(10);
      assertThat(feed.removeEvents(Duration.ofDays(1), 10)).isFalse();
      assertLookUps(50);
      for (AuditQuery query :
          List.of(
              AuditQuery.all(),
              AuditQuery.all().oldestFirst().after("10000"),
              AuditQuery.all().tenant("tenant 500"),
              AuditQuery.all().actor("user 500"),
              AuditQuery.all().batch(feed.read(10_000, 1, null).events().get(0).batchId()))) {
        assertThat(feed.audit(query.limit(10)).isEmpty()).isFalse();
      }
      feed.forget("user 500", "nobody", 10);
      assertLookUps(100);
    }

    @Test
    void whoIsToldOfEnds() {
      List<BatchId> ids =
          store.claiming().headers(LongStream.rangeClosed(1, 100).boxed().toList()).stream()
              .map(BatchHeader::id)
              .toList();
      notices.take();
      assertThat(store.reading().notified(ids)).isEmpty();

      assertLookUps(500);
    }

    @Test
    void status() {
      BatchHeader header = store.claiming().headers(List.of(1L)).get(0);
      notices.take();
      store.reading().find(header.id(), null);

      assertLookUps(100);
    }

    /** Of a batch with 20,000 errors, each of which is read for the messages. */
    @Test
    void views() {
      Jdbi people = Jdbi.create(notices.dataSource());
      for (long batch : new long[] {1, 3, 20_001}) {
        BatchId id = store.claiming().headers(List.of(batch)).get(0).id();
        notices.take();
        people.useHandle(
            handle ->
                handle
                    .select("select * from batch_status where batch_id = ?", id.value())
                    .mapToMap()
                    .one());
        assertLookUps("from batch_status", batch == 20_001 ? 250_000 : 200);
        people.useHandle(
            handle ->
                handle
                    .select(
                        "select * from batch_item_status where batch_id = ? order by item_index fetch first 10 rows only",
                        id.value())
                    .mapToMap()
                    .list());
        assertThat(notices.of("from batch_item_status").get(0))
            .doesNotContainPattern("Seq Scan on batch_(item|outcome|error|parked)\\b");
      }
    }

    /** Each statement since the last look read few pages, and scanned no table that is large. */
    private void assertLookUps(long pages) {
      assertLookUps("", pages);
    }

    /** As {@link #assertLookUps(long)}, of the statements with these words. */
    private void assertLookUps(String words, long pages) {
      for (String plan : notices.of(words)) {
        assertThat(plan)
            .doesNotContainPattern(
                "Seq Scan on batch_(item|outcome|error|job|chunk|parked|key|event)\\b");
        assertThat(PlanNotices.pages(plan)).as(plan).isLessThan(pages);
      }
    }
  }
}
