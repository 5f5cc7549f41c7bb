package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What statements read on PostgreSQL, in pages, when there is much: each must look up what it needs
 * and nothing else.
 */
class PlansTest {
  private static final Pattern PAGES = Pattern.compile("shared hit=(\\d+)(?: read=(\\d+))?");
  private static final Pattern READ_ALONE = Pattern.compile("shared read=(\\d+)");

  private final String url = Postgres.emptyDatabase();
  private final Jdbi jdbi = Jdbi.create(url);

  @BeforeEach
  void fill() {
    jdbi.useHandle(
        handle -> {
          // 1 to 10,000: active batches of 1,000 tenants; 1 is sequential and half done.
          handle.execute(
              """
              insert into batch_job (batch_no, id, type, tenant, priority, metadata, state, input_format,
                output_format, total, created_at, updated_at, started_at, sequential)
              select n, gen_random_uuid(), 'work', 'tenant ' || n % 1000, 5, '{}',
                case n % 100 when 50 then 'STOPPING' when 51 then 'PAUSED' else 'RUNNING' end,
                'text', 'text', 100000, now(), now(), now(), n = 1
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
          TableNames.ALL.forEach(table -> handle.execute("vacuum analyze " + table));
        });
  }

  @AfterEach
  void giveBack() {
    Postgres.giveBack(url);
  }

  @Test
  @DisplayName("the next item of a sequential batch is looked up in its chunk alone")
  void theNextItemReadsNoOtherOutcomes() {
    Map<String, Object> asked =
        Map.of("first", ItemIds.of(1, 60_000), "end", ItemIds.of(1, 100_000));

    assertThat(pages(SequentialDao.class, "firstOpen", asked)).isLessThan(40);
  }

  @Test
  void whoseTurnItIsTakesIndexLookUpsOnly() {
    Map<String, Object> asked =
        Map.of("type", "work", "below", Integer.MAX_VALUE, "last", "tenant 500", "most", 9);

    assertThat(pages(ChunkDao.class, "turns", asked)).isLessThan(150);
  }

  @Test
  void aTenantsChunksAreLookedUp() {
    Map<String, Object> asked =
        Map.of("type", "work", "priority", 5, "tenant", "tenant 500", "most", 8);

    assertThat(pages(ChunkDao.class, "lockDue", asked)).isLessThan(150);
  }

  @Test
  void stoppingBatchesAreLookedUpOneByOne() {
    assertThat(pages(SteeringDao.class, "stopping", Map.of("limit", 100))).isLessThan(1_000);
    assertThat(plan(SteeringDao.class, "stopping", Map.of("limit", 100)))
        .noneMatch(line -> line.contains("Seq Scan on batch_chunk"));
  }

  @Test
  void wrongMarksAreLookedUpBatchByBatch() {
    assertThat(plan(Holds.HoldDao.class, "wrong", Map.of()))
        .noneMatch(line -> line.contains("Seq Scan on batch_chunk"));
  }

  /** How many pages the statement reads. */
  private long pages(Class<?> dao, String method, Map<String, Object> arguments) {
    for (String line : plan(dao, method, arguments)) {
      Matcher both = PAGES.matcher(line);
      Matcher read = READ_ALONE.matcher(line);
      if (both.find()) {
        return Long.parseLong(both.group(1))
            + (both.group(2) == null ? 0 : Long.parseLong(both.group(2)));
      } else if (read.find()) {
        return Long.parseLong(read.group(1));
      }
    }
    throw new AssertionError("no pages in the plan");
  }

  /** The plan of a statement of the store, as it was executed. */
  private List<String> plan(Class<?> dao, String method, Map<String, Object> arguments) {
    String sql =
        Arrays.stream(dao.getDeclaredMethods())
            .filter(each -> each.getName().equals(method))
            .map(each -> each.getAnnotation(SqlQuery.class).value())
            .findFirst()
            .orElseThrow();
    String onPostgres = sql.replace("<now>", "statement_timestamp()").replace("<ready>", "");
    return jdbi.withHandle(handle -> explained(handle, onPostgres, arguments));
  }

  private static List<String> explained(Handle handle, String sql, Map<String, Object> arguments) {
    Query query = handle.createQuery("explain (analyze, buffers) " + sql).bindMap(arguments);
    return query.mapTo(String.class).list();
  }
}
