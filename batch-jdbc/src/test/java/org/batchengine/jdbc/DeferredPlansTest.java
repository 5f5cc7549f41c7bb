package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a claim of due retries reads on PostgreSQL beside many items that are deferred. */
@Tag("PostgreSQL")
@DisplayName("REQ-M5 deferred items cost claims nothing")
class DeferredPlansTest {
  private static final int RETRIES = 100_000;

  private final String url = PostgresServer.newDatabase();
  private final HikariDataSource pool = PlanNotices.explaining(url);
  private final PlanNotices notices = new PlanNotices(pool);

  @AfterEach
  void drop() {
    pool.close();
    PostgresServer.drop(url);
  }

  /** Due retries of batch 1, and deferred items of batch 2, as they come: one beside the other. */
  private void fill(int deferred, boolean isAnalyzed) {
    Jdbi.create(url)
        .useHandle(
            handle -> {
              handle.execute("alter table batch_parked set (autovacuum_enabled = off)");
              handle.execute(
                  """
                  insert into batch_job (batch_no, id, type, tenant, priority, metadata, state, input_format,
                    output_format, total, created_at, updated_at, started_at)
                  select n, gen_random_uuid(), 'work', 'tenant', 5, '{}', 'RUNNING', 'text', 'text', 2000000,
                    now(), now(), now() from generate_series(1, 2) n
                  """);
              handle.execute(
                  """
                  insert into batch_parked
                    (item_id, batch_no, kind, attempts, due_at, type, tenant, priority)
                  select b * 2147483648 + n, b, case b when 1 then 'RETRY' else 'DEFERRED' end, 1,
                    now() + case b when 1 then -1 else 100000 end * mod(n * 7919, 100000) * interval '1 second',
                    'work', 'tenant', 5
                  from (select case when n < ? then 1 else 2 end as b, n::bigint as n
                    from generate_series(0, ? - 1) n order by mod(n::bigint * 48271, 2147483647)) s
                  """,
                  RETRIES,
                  RETRIES + deferred);
              if (isAnalyzed) {
                handle.execute("vacuum analyze");
              }
            });
  }

  private static Claim claim(JdbcBatchStore store, long session) {
    return store
        .claiming()
        .claim(new ClaimRequest(session, List.of(new ClaimRequest.Wanted("work", 1_000, 100, 10))));
  }

  private long claims(int deferred, boolean isAnalyzed) {
    try (JdbcBatchStore store = JdbcBatchStore.of(notices.dataSource())) {
      store.connect(new StoreSettings(Duration.ofMinutes(5), 4, 1 << 20));
      fill(deferred, isAnalyzed);
      long session = store.sessions().open("host", Duration.ofMinutes(5));
      long begun = System.nanoTime();
      for (int i = 0; i < 12; i++) { // the driver prepares what it has sent five times
        notices.take();
        assertThat(claim(store, session).parked()).hasSize(1_000);
        for (String plan : notices.of("v.priority")) {
          assertThat(plan).doesNotContain("Bitmap", "Sort");
          assertThat(PlanNotices.pages(plan)).as(plan).isLessThan(10_000);
        }
      }
      return System.nanoTime() - begun;
    }
  }

  @ParameterizedTest
  @DisplayName("due retries are read in the order of their index")
  @ValueSource(booleans = {false, true})
  void dueRetries(boolean isAnalyzed) {
    claims(200_000, isAnalyzed);
  }

  @Test
  @Tag("long")
  void aMillion() {
    System.out.printf(
        "12 claims of 1,000 retries beside 1,000,000 deferred items: %,d ms%n",
        TimeUnit.NANOSECONDS.toMillis(claims(1_000_000, true)));
  }
}
