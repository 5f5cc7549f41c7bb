package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.limit.LimitState;
import org.batchengine.store.Actor;
import org.batchengine.store.LimitName;
import org.batchengine.store.StoredLimit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Limits as they are set, declared and read. */
abstract class LimitRowsContract extends StoreContract {
  private static final Actor ALICE = new Actor("alice", "paris");
  private static final LimitName SEND = LimitName.ofType("send");
  private static final LimitName ACME = LimitName.ofTenant("acme");
  private static final Limit TEN_A_SECOND = Limit.none().rate(10, Duration.ofSeconds(1));
  private static final Limit TWO = Limit.none().running(2);

  LimitRowsContract(Supplier<? extends StoreUnderTest> opener) {
    super(opener::get);
  }

  private Limit limitOf(LimitName name) {
    return store.limits().changedSince(-1).stream()
        .filter(limit -> limit.name().equals(name))
        .findFirst()
        .orElseThrow()
        .limit();
  }

  @Test
  @DisplayName("a new store has no limits, and nothing was changed")
  void beginWithoutAny() {
    assertThat(store.limits().all()).isEmpty();
    assertThat(store.limits().changedSince(store.limits().revision())).isEmpty();
    assertThat(store.limits().changedSince(-1)).isEmpty();
  }

  @Test
  @DisplayName("what is declared holds until another is set, and again once that is reset")
  void resetToWhatIsDeclared() {
    store.limits().declare("send", TWO);
    assertThat(limitOf(SEND)).isEqualTo(TWO);

    store.limits().set(SEND, TEN_A_SECOND, ALICE, "a new contract");
    store.limits().declare("send", TWO);
    assertThat(limitOf(SEND)).isEqualTo(TEN_A_SECOND);
    store.limits().declare("send", Limit.none().running(3));
    assertThat(limitOf(SEND)).isEqualTo(TEN_A_SECOND);
    assertThat(store.limits().all())
        .singleElement()
        .satisfies(
            state -> {
              assertThat(state.scope()).isEqualTo(LimitScope.TYPE);
              assertThat(state.name()).isEqualTo("send");
              assertThat(state.limit()).isEqualTo(TEN_A_SECOND);
              assertThat(state.declared()).contains(Limit.none().running(3));
              assertThat(state.isSet()).isTrue();
            });

    store.limits().set(SEND, null, ALICE, "as before");
    assertThat(limitOf(SEND)).isEqualTo(Limit.none().running(3));
  }

  @Test
  @DisplayName("code that says the same again changes nothing")
  void declareOnce() {
    store.limits().declare("send", Limit.none());
    store.limits().declare("fetch", TWO);
    long revision = store.limits().revision();

    store.limits().declare("fetch", TWO);

    assertThat(store.limits().revision()).isEqualTo(revision);
    assertThat(store.limits().changedSince(-1))
        .extracting(StoredLimit::name)
        .containsExactly(LimitName.ofType("fetch"));
  }

  @Test
  @DisplayName("each change has a later revision, and is told of once")
  void readChanges() {
    store.limits().set(SEND, TWO, ALICE, "first");
    long first = store.limits().revision();
    store.limits().set(ACME, TEN_A_SECOND, ALICE, "second");

    assertThat(store.limits().changedSince(first))
        .containsExactly(new StoredLimit(ACME, TEN_A_SECOND, Duration.ZERO, first + 1));
    assertThat(store.limits().revision()).isEqualTo(first + 1);
  }

  @Test
  @DisplayName("a tenant that was reset has what each tenant has, also when that changes")
  void resetATenant() {
    store.limits().set(LimitName.EACH_TENANT, TWO, ALICE, "all");
    store.limits().set(ACME, TEN_A_SECOND, ALICE, "more");
    assertThat(limitOf(ACME)).isEqualTo(TEN_A_SECOND);

    store.limits().set(ACME, null, ALICE, "as others");
    assertThat(limitOf(ACME)).isEqualTo(TWO);
    store.limits().set(LimitName.EACH_TENANT, TEN_A_SECOND, ALICE, "all");
    assertThat(limitOf(ACME)).isEqualTo(TEN_A_SECOND);
  }

  @Test
  @DisplayName("a type is held until then, the later end counts, and it is released")
  void hold() {
    store.limits().hold("send", Duration.ofSeconds(30), ALICE, "the provider is down");
    store.limits().hold("send", Duration.ofSeconds(10), null, "429");
    StoredLimit held = store.limits().changedSince(-1).get(0);
    assertThat(held.heldFor()).isBetween(Duration.ofSeconds(20), Duration.ofSeconds(30));
    assertThat(store.limits().all().get(0).heldUntil()).isPresent();

    assertThat(store.limits().release("send", ALICE, "it is up")).isTrue();
    assertThat(store.limits().release("send", ALICE, "again")).isFalse();
    assertThat(store.limits().changedSince(-1).get(0).heldFor()).isZero();
    assertThat(store.limits().all()).isEmpty();
  }

  @Test
  @DisplayName("who changed what, and why, is in the history, but not what a processor asked for")
  void tell() {
    store.limits().set(SEND, TWO, ALICE, "slow");
    store.limits().set(ACME, TWO, ALICE, "small");
    store.limits().set(ACME, null, ALICE, "as others");
    store.limits().hold("send", Duration.ofSeconds(1), null, "429");
    store.limits().hold("send", Duration.ofSeconds(9), ALICE, "down");
    store.limits().release("send", ALICE, "up");

    List<FeedEvent> events = store.feed().read(0, 10, null).events();
    assertThat(events)
        .extracting(FeedEvent::kind, FeedEvent::tenant, FeedEvent::type, FeedEvent::reason)
        .containsExactly(
            tuple(EventKind.LIMIT_SET, "", "send", "slow"),
            tuple(EventKind.LIMIT_SET, "acme", "acme", "small"),
            tuple(EventKind.LIMIT_RESET, "acme", "acme", "as others"),
            tuple(EventKind.TYPE_HELD, "", "send", "down"),
            tuple(EventKind.TYPE_RELEASED, "", "send", "up"));
  }

  @Test
  @DisplayName("limits are listed by scope and name")
  void list() {
    store.limits().set(LimitName.ofTenant("b"), TWO, ALICE, "b");
    store.limits().set(ACME, TWO, ALICE, "a");
    store.limits().set(SEND, TWO, ALICE, "s");

    assertThat(store.limits().all())
        .extracting(LimitState::name)
        .containsExactly("send", "acme", "b");
  }
}
