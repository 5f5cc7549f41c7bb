package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.ZoneOffset;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.batchengine.schedule.Schedule;
import org.batchengine.store.Actor;
import org.batchengine.store.DueSchedule;
import org.batchengine.store.NameInTenant;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Schedules of a database that other nodes write to. */
abstract class ScheduleRowsContract extends StoreContract {
  private static final Actor ALICE = new Actor("alice", "paris");
  private static final NameInTenant NAME = new NameInTenant("acme", "nightly");
  private static final Schedule NIGHTLY =
      Schedule.cron("nightly", "0 2 * * *", ZoneOffset.UTC).tenant("acme");

  private static final String INSERT =
      """
      insert into batch_schedule (tenant, name, cron, zone, missed, overlap, next_at, defined_as)
      values ('acme', 'nightly', '0 5 * * *', 'Z', 'ONE', 'SKIP', null, 'it')
      """;

  ScheduleRowsContract(Supplier<JdbcUnderTest> opener) {
    super(opener::get);
  }

  private JdbcUnderTest jdbc() {
    return (JdbcUnderTest) under;
  }

  @Test
  @DisplayName("REQ-M15 a schedule whose zone a node does not know keeps no other one from firing")
  void passOverWhatANodeDoesNotKnow() {
    for (int i = 0; i < 3; i++) {
      Schedule newer = Schedule.cron("newer " + i, "0 2 * * *", ZoneOffset.UTC).tenant("acme");
      store.schedules().put(newer, null, START.minusSeconds(1), ALICE);
    }
    jdbc().jdbi().useHandle(handle -> handle.execute("update batch_schedule set zone = 'Mars/A'"));
    store.schedules().put(NIGHTLY, null, START, ALICE);

    assertThat(store.schedules().brief().due(2))
        .extracting(DueSchedule::schedule)
        .containsExactly(NIGHTLY);
    assertThat(store.schedules().list("acme")).hasSize(1);
    passMoment();
    assertThat(store.schedules().unserved(Duration.ZERO).keySet())
        .extracting(NameInTenant::name)
        .contains("newer 0", "newer 1", "newer 2");
  }

  @Test
  @DisplayName("what an operator puts replaces what another one has just inserted")
  void areChangedByThePutThatCameSecond() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (Handle other = jdbc().jdbi().open()) {
      other.begin();
      other.execute(INSERT);
      Future<Boolean> second =
          thread.submit(() -> store.schedules().put(NIGHTLY, null, START, ALICE));
      assertThatThrownBy(() -> second.get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      other.commit();

      assertThat(second.get(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      thread.shutdownNow();
    }
    assertThat(store.schedules().find(NAME).orElseThrow().schedule()).isEqualTo(NIGHTLY);
  }
}
