package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.Steering;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What statements read on PostgreSQL of a batch that is newer than the server's statistics. The
 * server last saw tables out of which all had been deleted, and expects one row in each: to read a
 * table for each item, or the range of the batch, costs no more than a look-up to its mind.
 */
@Tag("PostgreSQL")
class NewBatchPlansTest {
  private static final int ITEMS = 10_000;

  private static final Pattern STEP = Pattern.compile("rows=([0-9.]+) loops=([0-9]+)");
  private static final List<String> TABLES =
      List.of(
          "batch_job", "batch_item", "batch_outcome", "batch_error", "batch_parked", "batch_chunk");

  private static final String URL = PostgresServer.newDatabase();
  private static final Jdbi JDBI = Jdbi.create(URL);

  private final HikariDataSource pool = PlanNotices.explaining(URL);
  private final PlanNotices notices = new PlanNotices(pool);
  private final JdbcBatchStore store = JdbcBatchStore.of(notices.dataSource());

  @BeforeEach
  void open() {
    store.connect(new StoreSettings(Duration.ofMinutes(5), 4, 1 << 20));
    TABLES.forEach(NewBatchPlansTest::leaveToTheTest);
    insert(1, ITEMS);
    JDBI.useHandle(
        handle -> {
          TABLES.forEach(table -> handle.execute("delete from " + table));
          handle.execute("vacuum (analyze, truncate off)");
        });
    insert(2, ITEMS);
    notices.take();
  }

  @AfterEach
  void close() {
    store.close();
    pool.close();
  }

  @AfterAll
  static void drop() {
    PostgresServer.drop(URL);
  }

  private static void leaveToTheTest(String table) {
    JDBI.useHandle(
        handle -> {
          handle.execute("alter table " + table + " set (autovacuum_enabled = off)");
          handle.execute("delete from " + table);
        });
  }

  /** Of its items the second half have failed, the others are open. */
  private static void insert(long batch, int items) {
    JDBI.useHandle(
        handle -> {
          handle.execute(
              """
              insert into batch_job (batch_no, id, type, tenant, priority, metadata, state, input_format,
                output_format, total, created_at, updated_at, started_at)
              values (?, gen_random_uuid(), 'work', 'tenant', 5, '{}', 'RUNNING', 'text', 'text', ?, now(), now(), now())
              """,
              batch,
              items);
          handle.execute(
              """
              insert into batch_item (item_id, input)
              select ? * 2147483648 + n, 'an input' from generate_series(0, ? - 1) n
              """,
              batch,
              items);
          handle.execute(
              """
              insert into batch_outcome (item_id, state, attempts, settled_at)
              select ? * 2147483648 + n, 'FAILED', 1, now() from generate_series(? / 2, ? - 1) n
              """,
              batch,
              items,
              items);
          handle.execute(
              """
              insert into batch_error (item_id, attempt, type, message, fingerprint, stack, failed_at)
              select item_id, 1, 'E_TEST', 'failed', 'print', 'stack', settled_at from batch_outcome
              where item_id >= ? * 2147483648
              """,
              batch);
          handle.execute(
              """
              insert into batch_chunk (batch_no, from_index, to_index, open_items, item_bytes, type, tenant,
                priority, due_at)
              values (?, 0, ?, ? / 2, 10, 'work', 'tenant', 5, now())
              """,
              batch,
              items,
              items);
        });
  }

  private BatchHeader header() {
    return store.claiming().headers(List.of(2L)).get(0);
  }

  private Steering steering() {
    return new Steering(header().id(), null, NewBatches.by("alice"), null);
  }

  /** No step of the plans has met more rows than a few of each item. */
  private void assertLinear() {
    for (String plan : notices.of("")) {
      Matcher step = STEP.matcher(plan);
      while (step.find()) {
        double met = Double.parseDouble(step.group(1)) * Integer.parseInt(step.group(2));
        assertThat(met).as(plan).isLessThanOrEqualTo(2 * ITEMS);
      }
    }
  }

  @Test
  void items() {
    for (ItemQuery query :
        List.of(
            ItemQuery.all(),
            ItemQuery.inState(ItemState.FAILED),
            ItemQuery.inState(ItemState.PENDING),
            ItemQuery.all().errorType("E_TEST"))) {
      assertThat(store.reading().items(header(), query.limit(1_000)).items())
          .hasSizeGreaterThan(900);
    }

    assertLinear();
  }

  @Test
  @DisplayName("REQ-M12 a page of an export")
  void page() {
    assertThat(store.reading().page(header(), ITEMS / 2 - 500, 1_000, 1 << 20)).hasSize(1_000);

    assertLinear();
  }

  @Test
  void errorGroups() {
    assertThat(store.reading().errorGroups(header(), 10)).hasSize(1);

    assertLinear();
  }

  @Test
  void retries() {
    FailedItems which = FailedItems.ofType("E_TEST");
    long session = store.sessions().open("host", Duration.ofMinutes(5));
    assertThat(store.steering().retryFailed(steering(), which)).isPresent();
    store
        .claiming()
        .claim(
            new ClaimRequest(session, List.of(new ClaimRequest.Wanted("work", 16, ITEMS, ITEMS))));

    assertLinear();
  }

  @Test
  void cancels() {
    store.steering().cancel(steering(), CancelMode.GRACEFUL);
    while (store.sweeping().cancelUnowned(2, 1_000)) {}

    assertLinear();
    assertThat(store.reading().find(header().id(), null).orElseThrow().counts().cancelled())
        .isEqualTo(ITEMS / 2);
  }

  @Test
  void status() {
    Jdbi people = Jdbi.create(notices.dataSource());
    people.useHandle(handle -> handle.select("select * from batch_status").mapToMap().list());

    assertLinear();
  }
}
