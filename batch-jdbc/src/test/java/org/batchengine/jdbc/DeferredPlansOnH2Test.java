package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.batchengine.store.ClaimRequest;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a claim of due retries reads on H2 beside many items that are deferred. */
@Tag("H2")
@DisplayName("REQ-M5 deferred items cost claims nothing")
class DeferredPlansOnH2Test {
  private static final Pattern SCANNED = Pattern.compile("scanCount: (\\d+)");

  private static void fill(Handle handle) {
    handle.execute(
        """
        insert into batch_job (batch_no, id, type, tenant, priority, metadata, state, input_format,
          output_format, total, created_at, updated_at, started_at)
        select x, random_uuid(), 'work', 'tenant', 5, '{}', 'RUNNING', 'text', 'text', 2000000,
          current_timestamp, current_timestamp, current_timestamp from system_range(1, 2)
        """);
    handle.execute(
        """
        insert into batch_parked (item_id, batch_no, kind, attempts, due_at, type, tenant, priority)
        select (1 + mod(x, 2)) * 2147483648 + x, 1 + mod(x, 2),
          case mod(x, 2) when 0 then 'RETRY' else 'DEFERRED' end, 1,
          timestamp with time zone '2026-10-31 00:00:00Z' + x * interval '1' second, 'work', 'tenant', 5
        from system_range(0, 39999)
        """);
  }

  @Test
  @DisplayName("due retries are read in the order of their index")
  void dueRetries() {
    try (JdbcUnderTest under = JdbcUnderTest.onH2()) {
      under.jdbi().useHandle(DeferredPlansOnH2Test::fill);
      long session = under.store().sessions().open("host", Duration.ofMinutes(5));
      under.probed().takeExecuted();
      var wanted = List.of(new ClaimRequest.Wanted("work", 200, 100, 10));
      assertThat(under.store().claiming().claim(new ClaimRequest(session, wanted)).parked())
          .hasSize(200);
      String due =
          under.probed().takeExecuted().stream()
              .filter(sql -> sql.contains("v.priority"))
              .findFirst()
              .orElseThrow();
      String plan =
          under
              .jdbi()
              .withHandle(
                  handle ->
                      handle
                          .select("explain analyze " + due, "work", 10, "work", new Long[0], 200)
                          .mapTo(String.class)
                          .one());

      Matcher scanned = SCANNED.matcher(plan);
      assertThat(scanned.find()).isTrue();
      do {
        assertThat(Integer.parseInt(scanned.group(1))).as(plan).isLessThan(1_000);
      } while (scanned.find());
    }
  }
}
