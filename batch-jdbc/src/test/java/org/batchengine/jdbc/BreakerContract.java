package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitState;
import org.batchengine.store.Actor;
import org.batchengine.store.Attempts;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** When a breaker trips and closes, by what sessions tell of their attempts. */
abstract class BreakerContract extends StoreContract {
  private static final Actor ALICE = new Actor("alice", "paris");
  private static final LimitName SEND = LimitName.ofType("send");
  private static final Limit HALF_OF_TEN = Limit.none().breaker(0.5, 10);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration HOLD = Duration.ofSeconds(30);
  private static final String DOWN = "0123456789abcdef";

  private final Map<TestSession, Long> numbers = new HashMap<>();

  BreakerContract(Supplier<? extends StoreUnderTest> opener) {
    super(opener::get);
  }

  private void set(Limit limit) {
    store.limits().set(SEND, limit, ALICE, "a test");
  }

  /** Tells of attempts, of which so many have failed alike; it has ten calls, of which none run. */
  private LimitAnswer tell(TestSession session, int trial, int attempts, int failed) {
    return tell(session, trial, attempts, failed, DOWN);
  }

  private LimitAnswer tell(
      TestSession session, int trial, int attempts, int failed, String fingerprint) {
    Attempts told = new Attempts(trial, attempts, failed, failed == 0 ? null : fingerprint);
    long number = numbers.merge(session, 1L, Long::sum);
    return store.limits().ask(new LimitAsk(session.id(), SEND, number, 10, 10, 0, told, PATIENCE));
  }

  private LimitState state() {
    return store.limits().all().get(0);
  }

  private List<FeedEvent> events() {
    return store.feed().read(0, 100, null).events().stream()
        .filter(event -> event.kind() != EventKind.LIMIT_SET)
        .toList();
  }

  /** It has tripped, and the hold is over. */
  private void tripped(TestSession session) {
    set(HALF_OF_TEN);
    assertThat(tell(session, 0, 10, 5).heldFor()).isEqualTo(HOLD);
    pass(HOLD);
  }

  @Test
  @DisplayName("a breaker trips when the share of the last attempts has failed alike")
  void trip() {
    set(HALF_OF_TEN);
    TestSession session = session();
    LimitAnswer before = tell(session, 0, 10, 4);
    assertThat(before.calls()).isEqualTo(Integer.MAX_VALUE);
    assertThat(before.heldFor()).isZero();
    assertThat(before.limit()).isEqualTo(HALF_OF_TEN);

    LimitAnswer after = tell(session, 0, 10, 5);
    assertThat(after.calls()).isZero();
    assertThat(after.trial()).isEqualTo(1);
    assertThat(after.heldFor()).isEqualTo(HOLD);
    assertThat(after.nextIn()).isEqualTo(HOLD);
    assertThat(after.revision()).isEqualTo(store.limits().revision());
    assertThat(state().heldUntil()).isPresent();
    assertThat(state().heldReason())
        .contains(
            "the breaker 0.5/10 tripped: 5 of 10 attempts failed with the fingerprint " + DOWN);
    assertThat(events())
        .extracting(
            FeedEvent::kind, FeedEvent::type, FeedEvent::actor, FeedEvent::node, FeedEvent::reason)
        .containsExactly(
            tuple(
                EventKind.BREAKER_TRIPPED,
                "send",
                null,
                "host",
                state().heldReason().orElseThrow()));
  }

  @Test
  @DisplayName("what sessions have told of lately counts together, by its fingerprint")
  void countTogether() {
    set(HALF_OF_TEN);
    TestSession one = session();
    TestSession other = session();
    tell(one, 0, 4, 4);
    assertThat(tell(other, 0, 4, 4, "another").heldFor()).isZero();
    assertThat(tell(other, 0, 10, 2).heldFor()).isZero();
    assertThat(tell(other, 0, 10, 3).heldFor()).isEqualTo(HOLD);
  }

  @Test
  @DisplayName("what sessions do well keeps it from tripping, but not what they did long ago")
  void doWell() {
    set(HALF_OF_TEN);
    TestSession good = session();
    TestSession bad = session();
    tell(good, 0, 10, 0);
    assertThat(tell(bad, 0, 9, 9).heldFor()).isZero();
    assertThat(tell(good, 0, 10, 0).heldFor()).isZero();
    pass(Duration.ofSeconds(6));

    assertThat(tell(bad, 0, 9, 9).heldFor()).isEqualTo(HOLD);
  }

  @Test
  @DisplayName("after a hold three calls try, and no more")
  void giveOut() {
    TestSession one = session();
    TestSession other = session();
    tripped(one);

    assertThat(tell(one, 1, 0, 0).calls()).isEqualTo(3);
    assertThat(tell(one, 1, 0, 0).calls()).isZero();
    LimitAnswer none = tell(other, 0, 10, 10);
    assertThat(none.calls()).isZero();
    assertThat(none.trial()).isEqualTo(1);
    assertThat(none.nextIn()).isEqualTo(Duration.ofMillis(250));
    assertThat(state().heldUntil()).isEmpty();
  }

  @Test
  @DisplayName("when the calls that try succeed it is closed, whoever made them")
  void close() {
    TestSession one = session();
    TestSession other = session();
    tripped(one);
    tell(one, 1, 0, 0);
    assertThat(tell(one, 1, 2, 1).calls()).isZero();
    assertThat(tell(other, 1, 1, 0).calls()).isEqualTo(Integer.MAX_VALUE);

    assertThat(tell(one, 1, 2, 1).calls()).isEqualTo(Integer.MAX_VALUE);
    assertThat(events())
        .extracting(FeedEvent::kind, FeedEvent::reason)
        .endsWith(
            tuple(
                EventKind.BREAKER_CLOSED,
                "the breaker 0.5/10 closed: 1 of 3 attempts of its trial failed alike"));
    assertThat(tell(one, 1, 10, 6).heldFor()).isEqualTo(HOLD);
  }

  @Test
  @DisplayName("when they fail it trips again, and each hold is twice as long, at most ten minutes")
  void tripAgain() {
    TestSession session = session();
    tripped(session);
    Duration hold = HOLD;
    for (int trial = 1; trial < 8; trial++) {
      assertThat(tell(session, trial, 0, 0).calls()).isEqualTo(3);
      hold = Duration.ofSeconds(Math.min(600, 2 * hold.toSeconds()));
      LimitAnswer again = tell(session, trial, 3, 2);
      assertThat(again.heldFor()).isEqualTo(hold);
      assertThat(again.trial()).isEqualTo(trial + 1);
      pass(hold);
    }
  }

  @Test
  @DisplayName("attempts that began before it tripped do not count")
  void forgetWhatWasBefore() {
    TestSession session = session();
    tripped(session);

    assertThat(tell(session, 0, 10, 10).heldFor()).isZero();
    assertThat(tell(session, 0, 10, 0).calls()).isZero();
    assertThat(events()).hasSize(1);
  }

  @Test
  @DisplayName("calls of a trial that nobody tells of are given out again")
  void giveOutAgain() {
    TestSession gone = session();
    TestSession next = session();
    tripped(gone);
    assertThat(tell(gone, 1, 0, 0).calls()).isEqualTo(3);
    tell(gone, 1, 1, 0);
    pass(PATIENCE);
    assertThat(tell(next, 1, 0, 0).calls()).isZero();
    pass(Duration.ofMillis(1));

    assertThat(tell(next, 1, 0, 0).calls()).isEqualTo(2);
    assertThat(tell(next, 1, 0, 0).calls()).isZero();
  }

  @Test
  @DisplayName("calls of a trial that begins late are given out once too")
  void giveOutLate() {
    tripped(session());
    pass(Duration.ofHours(1));
    TestSession late = session();

    assertThat(tell(late, 1, 0, 0).calls()).isEqualTo(3);
    assertThat(tell(late, 1, 0, 0).calls()).isZero();
  }

  @Test
  @DisplayName("a release ends the hold, and also the trial")
  void release() {
    TestSession session = session();
    set(HALF_OF_TEN);
    tell(session, 0, 10, 10);
    assertThat(store.limits().release("send", ALICE, "up")).isTrue();
    assertThat(tell(session, 1, 0, 0).calls()).isEqualTo(Integer.MAX_VALUE);
    assertThat(tell(session, 1, 10, 10).heldFor()).isEqualTo(HOLD);
    pass(HOLD);
    assertThat(tell(session, 2, 0, 0).calls()).isEqualTo(3);

    assertThat(store.limits().release("send", ALICE, "up")).isTrue();
    assertThat(store.limits().release("send", ALICE, "again")).isFalse();
    assertThat(tell(session, 2, 2, 1).calls()).isEqualTo(Integer.MAX_VALUE);
    assertThat(events().get(events().size() - 1).kind()).isEqualTo(EventKind.TYPE_RELEASED);
  }

  @Test
  @DisplayName("calls of a trial have places of the rate, and of what may run")
  void withOtherLimits() {
    TestSession session = session();
    set(HALF_OF_TEN.rate(10, Duration.ofSeconds(1)).running(2));
    tell(session, 0, 10, 10);
    pass(HOLD);

    LimitAnswer first = tell(session, 1, 0, 0);
    assertThat(first.calls()).isEqualTo(2);
    assertThat(first.places()).isEqualTo(2);
    assertThat(first.target()).isEqualTo(2);
    LimitAnswer next = tell(session, 1, 0, 0);
    assertThat(next.calls()).isEqualTo(1);
    assertThat(next.places()).isEqualTo(1);
    LimitAnswer none = tell(session, 1, 0, 0);
    assertThat(none.calls()).isZero();
    assertThat(none.places()).isZero();
  }

  @Test
  @DisplayName("a late copy of a question trips nothing")
  void lateCopy() {
    set(HALF_OF_TEN);
    TestSession session = session();
    tell(session, 0, 10, 0);
    tell(session, 0, 10, 0);
    Attempts bad = new Attempts(0, 10, 10, DOWN);
    store.limits().ask(new LimitAsk(session.id(), SEND, 1, 1, 1, 0, bad, PATIENCE));

    assertThat(events()).isEmpty();
    assertThat(state().heldUntil()).isEmpty();
  }

  @Test
  @DisplayName("a hold that somebody set is not made shorter")
  void keepALongerHold() {
    set(HALF_OF_TEN);
    TestSession session = session();
    store.limits().hold("send", Duration.ofHours(1), ALICE, "maintenance");

    assertThat(tell(session, 0, 10, 10).heldFor()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  @DisplayName("without a breaker nothing that is told holds anybody")
  void withoutABreaker() {
    set(Limit.none().running(10));

    assertThat(tell(session(), 0, 10, 10).heldFor()).isZero();
    assertThat(events()).isEmpty();
  }
}
