package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitState;
import org.batchengine.store.Actor;
import org.batchengine.store.FencedException;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.StoredLimit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What sessions are given of a limit that they ask about. */
abstract class LimitAskContract extends StoreContract {
  private static final Actor ALICE = new Actor("alice", null);
  private static final LimitName SEND = LimitName.ofType("send");
  private static final LimitName ACME = LimitName.ofTenant("acme");
  private static final Limit TEN_A_SECOND = Limit.none().rate(10, Duration.ofSeconds(1));

  /** A second and a tenth of it, by ten. */
  private static final long GAP = 110_000_000;

  private static final Duration MOMENT = Duration.ofMillis(100);

  private final Map<TestSession, Long> numbers = new HashMap<>();

  LimitAskContract(Supplier<? extends StoreUnderTest> opener) {
    super(opener::get);
  }

  private void set(LimitName name, Limit limit) {
    store.limits().set(name, limit, ALICE, "a test");
  }

  private LimitAnswer ask(TestSession session, LimitName name, int places, int wants, int runs) {
    long number = numbers.merge(session, 1L, Long::sum);
    return store.limits().ask(new LimitAsk(session.id(), name, number, places, wants, runs));
  }

  /** Asks for as many places as it has calls, of which none run. */
  private LimitAnswer ask(TestSession session, int wants) {
    return ask(session, SEND, wants, wants, 0);
  }

  /** How many may run of a session that has so many calls, of which so many run. */
  private int target(TestSession session, int wants, int runs) {
    return ask(session, SEND, 0, wants, runs).target();
  }

  private LimitState state() {
    return store.limits().all().get(0);
  }

  @Test
  @DisplayName("where nothing is set, nothing is limited")
  void unlimited() {
    LimitAnswer answer = ask(session(), 7);

    assertThat(answer.limit()).isEqualTo(Limit.none());
    assertThat(answer.target()).isEqualTo(Integer.MAX_VALUE);
    assertThat(answer.places()).isEqualTo(Integer.MAX_VALUE);
    assertThat(answer.heldFor()).isZero();
  }

  @Test
  @DisplayName("REQ-M19 calls have places evenly apart, those of half a second at a time")
  void space() {
    set(SEND, TEN_A_SECOND);
    TestSession session = session();

    LimitAnswer first = ask(session, 100);
    assertThat(first.places()).isEqualTo(5);
    assertThat(first.firstNanos()).isZero();
    assertThat(first.gapNanos()).isEqualTo(GAP);
    assertThat(first.validNanos()).isEqualTo(MOMENT.toNanos());
    assertThat(first.target()).isEqualTo(Integer.MAX_VALUE);

    LimitAnswer none = ask(session, 100);
    assertThat(none.places()).isZero();
    assertThat(none.nextIn()).isEqualTo(Duration.ofMillis(50));
    pass(none.nextIn());
    LimitAnswer next = ask(session, 100);
    assertThat(next.places()).isEqualTo(1);
    assertThat(next.firstNanos()).isEqualTo(5 * GAP - none.nextIn().toNanos());
  }

  @Test
  @DisplayName("what nobody asked for is lost, but for a burst")
  void burst() {
    set(SEND, TEN_A_SECOND.burst(4));
    TestSession session = session();
    long gap = ask(session, 0).gapNanos();
    assertThat(gap).isEqualTo(157_142_858);
    pass(Duration.ofHours(1));

    LimitAnswer answer = ask(session, 100);
    assertThat(answer.firstNanos()).isEqualTo(-3 * gap);
    assertThat(answer.places()).isEqualTo(7);
    assertThat(answer.validNanos()).isEqualTo(3 * gap + MOMENT.toNanos());
  }

  @Test
  @DisplayName("two sessions share the rate")
  void shareTheRate() {
    set(SEND, Limit.none().rate(100, Duration.ofSeconds(1)));
    TestSession one = session();
    TestSession other = session();
    Map<TestSession, Integer> got = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      for (TestSession each : i % 2 == 0 ? List.of(one, other) : List.of(other, one)) {
        got.merge(each, ask(each, 100).places(), Integer::sum);
      }
      pass(MOMENT);
    }

    assertThat(got.get(one) + got.get(other)).isBetween(900, 1_000);
    assertThat(got.get(one)).isBetween(400, 600);
  }

  @Test
  @DisplayName("what may run is given in equal parts, and taken back from who runs more")
  void shareWhatRuns() {
    set(SEND, Limit.none().running(10));
    TestSession one = session();
    TestSession other = session();

    assertThat(target(one, 20, 0)).isEqualTo(10);
    assertThat(target(other, 20, 0)).isZero();
    assertThat(target(one, 20, 10)).isEqualTo(5);
    assertThat(target(other, 20, 0)).isZero();
    assertThat(target(one, 20, 5)).isEqualTo(5);
    assertThat(target(other, 20, 0)).isEqualTo(5);
    assertThat(target(other, 2, 2)).isEqualTo(2);
    assertThat(target(one, 20, 5)).isEqualTo(8);
    pass(Duration.ofSeconds(1));
    assertThat(target(other, 0, 0)).isZero();
    assertThat(target(one, 20, 5)).isEqualTo(10);
  }

  @Test
  @DisplayName("sessions take turns of a second where there is one place for all")
  void takeTurns() {
    set(SEND, Limit.none().running(1));
    List<TestSession> sessions = List.of(session(), session(), session());
    Map<TestSession, Integer> moments = new HashMap<>();
    List<TestSession> turns = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      int running = 0;
      for (TestSession session : sessions) {
        int target = target(session, 5, 0);
        running += target;
        moments.merge(session, target, Integer::sum);
        if (target == 1 && (turns.isEmpty() || !turns.get(turns.size() - 1).equals(session))) {
          turns.add(session);
        }
      }
      assertThat(running).isLessThanOrEqualTo(1);
      pass(MOMENT);
    }

    assertThat(moments.values()).allSatisfy(n -> assertThat(n).isBetween(80, 110));
    assertThat(turns).hasSizeBetween(25, 31);
  }

  @Test
  @DisplayName("a lower limit holds once what runs has ended")
  void lower() {
    set(SEND, Limit.none().running(10));
    TestSession session = session();
    assertThat(target(session, 20, 0)).isEqualTo(10);
    set(SEND, Limit.none().running(3));

    assertThat(target(session, 20, 10)).isEqualTo(3);
    assertThat(state().running()).isEqualTo(10);
    assertThat(target(session(), 20, 0)).isZero();
    assertThat(ask(session, SEND, 0, 20, 3).limit()).isEqualTo(Limit.none().running(3));
    assertThat(state().running()).isEqualTo(3);
  }

  @Test
  @DisplayName("what is held gets nothing until it is released or the time is over")
  void hold() {
    set(SEND, TEN_A_SECOND.running(2));
    store.limits().hold("send", Duration.ofSeconds(30), ALICE, "down");
    TestSession session = session();

    LimitAnswer held = ask(session, 9);
    assertThat(held.places()).isZero();
    assertThat(held.target()).isZero();
    assertThat(held.heldFor()).isEqualTo(Duration.ofSeconds(30));
    assertThat(held.nextIn()).isEqualTo(Duration.ofSeconds(30));
    pass(held.heldFor());
    LimitAnswer after = ask(session, 9);
    assertThat(after.places()).isEqualTo(5);
    assertThat(after.target()).isEqualTo(2);
    assertThat(after.heldFor()).isZero();

    store.limits().hold("send", Duration.ofSeconds(30), ALICE, "down");
    store.limits().release("send", ALICE, "up");
    assertThat(ask(session, 9).target()).isEqualTo(2);
  }

  @Test
  @DisplayName("a type that is held and not limited gets nothing either")
  void holdWithoutALimit() {
    store.limits().hold("send", Duration.ofSeconds(1), ALICE, "down");
    LimitAnswer held = ask(session(), 9);

    assertThat(held.places()).isZero();
    assertThat(held.target()).isZero();
  }

  @Test
  @DisplayName("FAULT-X5 a session that is gone is fenced")
  void fence() {
    set(SEND, TEN_A_SECOND);
    TestSession gone = session();
    kill(gone);

    assertThatExceptionOfType(FencedException.class).isThrownBy(() -> ask(gone, 1));
    assertThatExceptionOfType(FencedException.class)
        .isThrownBy(() -> ask(gone, LimitName.ofType("other"), 1, 1, 0));
  }

  @Test
  @DisplayName("FAULT-X6 a late copy of a question changes nothing and gets nothing")
  void lateCopy() {
    set(SEND, TEN_A_SECOND.running(4));
    TestSession session = session();
    ask(session, SEND, 1, 2, 0);
    LimitAnswer newest = ask(session, SEND, 1, 4, 2);
    LimitAnswer late = store.limits().ask(new LimitAsk(session.id(), SEND, 1, 9, 9, 9));

    assertThat(newest.target()).isEqualTo(4);
    assertThat(late.places()).isZero();
    assertThat(late.target()).isZero();
    assertThat(state().running()).isEqualTo(4);
    assertThat(ask(session, SEND, 1, 4, 2).firstNanos()).isEqualTo(2 * GAP);
  }

  @Test
  @DisplayName("what a session had comes back when it is reaped or released")
  void comeBack() {
    set(SEND, Limit.none().running(3));
    TestSession dead = session();
    assertThat(target(dead, 5, 0)).isEqualTo(3);
    TestSession released = session();
    assertThat(target(released, 5, 0)).isZero();
    kill(dead);

    assertThat(target(released, 5, 0)).isEqualTo(3);
    TestSession next = session();
    assertThat(target(next, 5, 0)).isZero();
    store.sessions().release(released.id());
    assertThat(target(next, 5, 0)).isEqualTo(3);
  }

  @Test
  @DisplayName("the sweep takes what sessions have that are not there")
  void sweep() {
    set(SEND, Limit.none().running(3));
    TestSession lost = session();
    assertThat(target(lost, 5, 0)).isEqualTo(3);
    under.loseSession(lost.id());
    store.sweeping().repair();

    assertThat(target(session(), 5, 0)).isEqualTo(3);
  }

  @Test
  @DisplayName("a tenant without a limit has what each one has, and follows it")
  void ofEachTenant() {
    TestSession session = session();
    assertThat(ask(session, ACME, 1, 1, 0).limit()).isEqualTo(Limit.none());
    set(LimitName.EACH_TENANT, Limit.none().running(2));
    long revision = store.limits().revision();

    assertThat(ask(session, ACME, 0, 9, 0).target()).isEqualTo(2);
    assertThat(ask(session, LimitName.ofTenant("other"), 0, 9, 0).target()).isEqualTo(2);
    assertThat(store.limits().changedSince(revision))
        .extracting(StoredLimit::name)
        .containsExactly(ACME, LimitName.ofTenant("other"));
    assertThat(store.limits().all()).extracting(LimitState::isSet).containsOnlyOnce(true);

    set(LimitName.EACH_TENANT, Limit.none().running(5));
    assertThat(ask(session, ACME, 0, 9, 2).target()).isEqualTo(5);
    set(ACME, Limit.none().running(7));
    set(LimitName.EACH_TENANT, Limit.none().running(1));
    assertThat(ask(session, ACME, 0, 9, 5).target()).isEqualTo(7);
  }

  @Test
  @DisplayName("each limit has places of its own")
  void keepApart() {
    set(SEND, Limit.none().running(2));
    set(LimitName.ofType("fetch"), Limit.none().running(3));
    set(LimitName.ofType("seven"), Limit.none().running(4));
    TestSession session = session();

    assertThat(target(session, 9, 0)).isEqualTo(2);
    assertThat(ask(session, LimitName.ofType("fetch"), 0, 9, 0).target()).isEqualTo(3);
    assertThat(ask(session, LimitName.ofType("seven"), 0, 9, 0).target()).isEqualTo(4);
  }

  @Test
  @DisplayName("what may run and what waits is told, of those that have asked lately")
  void tell() {
    set(SEND, Limit.none().running(10));
    TestSession one = session();
    TestSession other = session();
    target(one, 4, 0);
    target(other, 20, 0);

    assertThat(state().running()).isEqualTo(10);
    assertThat(state().waiting()).isEqualTo(14);
    pass(Duration.ofSeconds(3));
    target(one, 4, 2);
    pass(Duration.ofSeconds(3));
    assertThat(state().running()).isEqualTo(4);
    assertThat(state().waiting()).isZero();
    pass(Duration.ofSeconds(3));
    assertThat(state().running()).isZero();
  }

  @Test
  @DisplayName("a rate that is raised counts soon, however far ahead places were given out")
  void raise() {
    set(SEND, Limit.none().rate(1, Duration.ofHours(1)));
    TestSession session = session();
    assertThat(ask(session, 9).places()).isEqualTo(1);
    set(SEND, Limit.none().rate(1, Duration.ofMinutes(1)));
    assertThat(ask(session, 9).places()).isZero();
    pass(Duration.ofSeconds(63));

    assertThat(ask(session, 9).places()).isEqualTo(1);
  }
}
