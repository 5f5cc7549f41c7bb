package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.batchengine.limit.Limit;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.Actor;
import org.batchengine.store.BatchStore;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.StoreSettings;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What other sessions do between two statements of a question about a limit. */
abstract class LimitRacesContract extends StoreContract {
  private static final Actor ALICE = new Actor("alice", null);
  private static final LimitName SEND = LimitName.ofType("send");

  /** What is wrong with a statement. */
  UnaryOperator<String> fault = UnaryOperator.identity();

  LimitRacesContract(Supplier<JdbcUnderTest> opener) {
    super(opener::get);
  }

  private JdbcUnderTest jdbc() {
    return (JdbcUnderTest) under;
  }

  /** Others do this before the statement with these words is sent for the first time. */
  private void before(String words, Runnable step) {
    AtomicBoolean isDone = new AtomicBoolean();
    jdbc()
        .probed()
        .rewrite(
            sql -> {
              String faulty = fault.apply(sql);
              if (sql.contains(words) && isDone.compareAndSet(false, true)) {
                step.run();
              }
              return faulty;
            });
  }

  private static int target(BatchStore of, TestSession session) {
    return of.limits().ask(new LimitAsk(session.id(), SEND, 1, 0, 9, 0)).target();
  }

  /** That of another node: its transactions are not those of this thread's first store. */
  private BatchStore connected() {
    JdbcBatchStore another = jdbc().another();
    another.connect(new StoreSettings(EXPIRY, 2, 1 << 20));
    return another;
  }

  @Test
  @DisplayName("what another session got before the lock was there is seen")
  void looksOnceItHasTheLock() {
    store.limits().set(SEND, Limit.none().running(3), ALICE, "few");
    TestSession one = session();
    TestSession other = session();
    List<Integer> got = new ArrayList<>();
    BatchStore another = connected();
    before("settings, next_at", () -> got.add(target(another, other)));
    got.add(target(store, one));

    assertThat(got).containsExactly(3, 0);
  }

  @Test
  @DisplayName("nobody else is given any between the look and the write")
  void keepsTheLock() {
    store.limits().set(SEND, Limit.none().running(3), ALICE, "few");
    TestSession one = session();
    TestSession other = session();
    List<Integer> got = new ArrayList<>();
    BatchStore another = connected();
    before(
        "update batch_permit",
        () -> {
          try {
            got.add(target(another, other));
          } catch (RowsLockedException e) {
            got.add(0);
          }
        });
    got.add(target(store, one));

    assertThat(got).containsExactly(0, 3);
  }

  @Test
  @DisplayName("F2 a session is not reaped while it is given something")
  void isNotReapedMeanwhile() {
    store.limits().set(SEND, Limit.none().running(3), ALICE, "few");
    TestSession session = session();
    SessionExpiry expired = expired(session);
    List<Boolean> reaped = new ArrayList<>();
    BatchStore another = connected();
    before("settings, next_at", () -> reaped.add(another.sessions().reap(expired)));
    target(store, session);

    assertThat(reaped).containsExactly(false);
    assertThat(store.sessions().reap(expired)).isTrue();
  }

  @Test
  @DisplayName("what each tenant has is copied once, if many ask for one at once")
  @Tag("slow")
  void copyOnce() {
    for (int round = 0; round < 20; round++) {
      LimitName tenant = LimitName.ofTenant("tenant " + round);
      store.limits().set(LimitName.EACH_TENANT, Limit.none().running(1 + round), ALICE, "each");
      List<Integer> targets =
          Concurrently.call(
              Stream.of(session(), session(), session())
                  .<Callable<Integer>>map(
                      session ->
                          () -> onceFree(new LimitAsk(session.id(), tenant, 1, 0, 99, 0)).target())
                  .toList());

      assertThat(targets.stream().mapToInt(target -> target).sum()).isEqualTo(1 + round);
    }
    assertThat(store.limits().all()).hasSize(21);
  }

  @Test
  @DisplayName("sessions that ask at once never get more than there is")
  @Tag("slow")
  void neverMore() {
    Limit limit = Limit.none().rate(100, Duration.ofSeconds(1)).running(7);
    store.limits().set(SEND, limit, ALICE, "few");
    List<TestSession> sessions = List.of(session(), session(), session(), session());
    int given = 0;
    for (int round = 1; round <= 50; round++) {
      int number = round;
      List<LimitAnswer> answers =
          Concurrently.call(
              sessions.stream()
                  .<Callable<LimitAnswer>>map(
                      session -> () -> onceFree(new LimitAsk(session.id(), SEND, number, 99, 9, 0)))
                  .toList());
      given += answers.stream().mapToInt(LimitAnswer::places).sum();

      // Half a second ahead, and what has passed.
      assertThat(given).isLessThanOrEqualTo(48 + (round - 1) * 2);
      assertThat(store.limits().all().get(0).running()).isBetween(1, 7);
      assertThat(answers.stream().mapToInt(LimitAnswer::target).sum()).isLessThanOrEqualTo(7);
      pass(Duration.ofMillis(20));
    }
    assertThat(given).isGreaterThan(100);
  }

  /** As an engine does it: it comes back while others have locked what it needs. */
  private LimitAnswer onceFree(LimitAsk ask) {
    while (true) {
      try {
        return store.limits().ask(ask);
      } catch (RowsLockedException e) {
        Thread.onSpinWait();
      }
    }
  }
}
