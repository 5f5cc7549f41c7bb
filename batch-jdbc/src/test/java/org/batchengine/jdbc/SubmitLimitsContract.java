package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.batchengine.limit.Limit;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.LimitExceededException;
import org.batchengine.model.LimitExceededException.Kind;
import org.batchengine.store.Actor;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.LimitName;
import org.batchengine.store.NotifiedType;
import org.batchengine.store.Steering;
import org.batchengine.store.Submitted;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Submits of tenants with limits. */
abstract class SubmitLimitsContract extends StoreContract {
  private static final Actor ALICE = new Actor("alice", "paris");
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final int ROUNDS = 20;

  SubmitLimitsContract(Supplier<? extends StoreUnderTest> opener) {
    super(opener::get);
  }

  private void limit(String tenant, Limit limit) {
    store.limits().set(LimitName.ofTenant(tenant), limit, ALICE, "for a test");
  }

  private static NewBatches of(String tenant) {
    return NewBatches.any().tenant(tenant);
  }

  private LimitExceededException refused(NewBatches batch, int items) {
    return refused(() -> submit(batch, items));
  }

  private static LimitExceededException refused(Callable<?> submit) {
    LimitExceededException refused =
        catchThrowableOfType(LimitExceededException.class, submit::call);
    assertThat(refused).isNotNull();
    return refused;
  }

  private void finish(int items) {
    TestSession session = session();
    session.finish(session.claimChunk(items));
    store.sessions().release(session.id());
  }

  private long batches(String tenant) {
    return store.reading().history(HistoryQuery.all().tenant(tenant)).items().size();
  }

  @Test
  @DisplayName("REQ-M19 a tenant has no more batches that have not ended than it may")
  void liveBatches() {
    limit("acme", Limit.none().liveBatches(2));
    long first = submit(of("acme"), 1);
    submit(of("acme"), 1);

    LimitExceededException refused = refused(of("acme"), 1);

    assertThat(refused.kind()).isEqualTo(Kind.LIVE_BATCHES);
    assertThat(refused.limit()).isEqualTo(2);
    assertThat(refused.present()).isEqualTo(2);
    assertThat(refused.retryAfter()).isEmpty();
    assertThat(refused)
        .hasMessage(
            "tenant \"acme\" has 2 batches that have not ended, of at most 2: submit again once one has ended");
    assertThat(batches("acme")).isEqualTo(2);
    submit(of("other"), 1);

    finish(1);
    assertThat(completeIfDone(first)).isPresent();
    submit(of("acme"), 1);
    refused(of("acme"), 1);
  }

  @Test
  @DisplayName("REQ-M19 a tenant has no more items that have not ended than it may")
  void unfinishedItems() {
    limit("acme", Limit.none().unfinishedItems(10));
    submit(of("acme"), 7);

    LimitExceededException refused = refused(of("acme"), 4);
    assertThat(refused.kind()).isEqualTo(Kind.UNFINISHED_ITEMS);
    assertThat(refused.limit()).isEqualTo(10);
    assertThat(refused.present()).isEqualTo(7);
    assertThat(refused).hasMessageContaining("no room for 4 more: submit again once enough");
    submit(of("acme"), 3);

    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(2);
    SettlementDraft draft = SettlementDraft.of().removed(chunk);
    indexes(chunk).forEach(index -> draft.succeeded(chunk.batch(), index));
    session.settle(draft);
    assertThat(refused(of("acme"), 3).present()).isEqualTo(8);
    submit(of("acme"), 2);
  }

  @Test
  void aBatchThatNeverFitsSaysSo() {
    limit("acme", Limit.none().unfinishedItems(10));

    assertThat(refused(of("acme"), 11)).hasMessageEndingWith("submit fewer at once");
  }

  @Test
  @DisplayName("REQ-M19 in no window a tenant submits more than it may")
  void submits() {
    limit("acme", Limit.none().submits(2, MINUTE));
    submit(of("acme"), 1);
    pass(Duration.ofSeconds(20));
    submit(of("acme"), 1);
    pass(Duration.ofSeconds(10));

    LimitExceededException refused = refused(of("acme"), 1);
    assertThat(refused.kind()).isEqualTo(Kind.SUBMITS);
    assertThat(refused.limit()).isEqualTo(2);
    assertThat(refused.present()).isEqualTo(2);
    assertThat(refused.retryAfter()).contains(Duration.ofSeconds(30));

    pass(Duration.ofSeconds(29));
    assertThat(refused(of("acme"), 1).retryAfter()).contains(Duration.ofSeconds(1));
    pass(Duration.ofSeconds(1));
    submit(of("acme"), 1);
    assertThat(refused(of("acme"), 1).retryAfter()).contains(Duration.ofSeconds(20));
  }

  @Test
  void aTenantsOwnReplacesThatOfEach() {
    limit("large", Limit.none().liveBatches(2));
    limit("free", Limit.none().weight(3));
    store.limits().set(LimitName.EACH_TENANT, Limit.none().liveBatches(1), ALICE, "for a test");
    submit(of("acme"), 1);
    assertThat(refused(of("acme"), 1).limit()).isEqualTo(1);
    submit(of("large"), 1);
    submit(of("large"), 1);
    assertThat(refused(of("large"), 1).limit()).isEqualTo(2);
    submit(of("free"), 1);
    submit(of("free"), 1);

    store.limits().set(LimitName.EACH_TENANT, Limit.none().liveBatches(3), ALICE, "for a test");
    submit(of("acme"), 1);
    submit(of("acme"), 1);
    assertThat(refused(of("acme"), 1).limit()).isEqualTo(3);
    limit("acme", Limit.none().liveBatches(4));
    submit(of("acme"), 1);
    store.limits().set(LimitName.ofTenant("acme"), null, ALICE, "for a test");
    assertThat(refused(of("acme"), 1).limit()).isEqualTo(3);
  }

  @Test
  void whatIsLoweredEndsNothing() {
    submit(of("acme"), 5);
    submit(of("acme"), 5);
    limit("acme", Limit.none().liveBatches(1).unfinishedItems(4));

    assertThat(refused(of("acme"), 1).present()).isEqualTo(2);
    assertThat(batches("acme")).isEqualTo(2);
    limit("acme", Limit.none());
    submit(of("acme"), 5);
  }

  @Test
  @DisplayName("REQ-M19 a submit in pages that grows too large gets no further page")
  void pages() {
    limit("acme", Limit.none().unfinishedItems(10));
    TestSession session = session();
    long batch =
        number(store.submitting().begin(of("acme").idempotencyKey("key").build(), session.id()));
    store.submitting().append(batch, session.id(), NewBatches.items(6));

    LimitExceededException refused =
        refused(
            () -> {
              store.submitting().append(batch, session.id(), NewBatches.items(5));
              return batch;
            });
    assertThat(refused.present()).isEqualTo(6);
    assertThat(refused(of("acme"), 5).present()).isEqualTo(6);

    store.submitting().abandon(batch, session.id());
    submit(of("acme").idempotencyKey("key"), 10);
    LimitExceededException begun =
        refused(() -> store.submitting().begin(of("acme").build(), session.id()));
    assertThat(begun.present()).isEqualTo(10);
    assertThat(batches("acme")).isEqualTo(1);
  }

  @Test
  void aFailedSubmitInPagesIsNoSubmit() {
    limit("acme", Limit.none().submits(1, MINUTE).liveBatches(1));
    TestSession session = session();
    long batch = number(store.submitting().begin(of("acme").build(), session.id()));
    assertThat(refused(of("acme"), 1).kind()).isEqualTo(Kind.LIVE_BATCHES);

    store.submitting().abandon(batch, session.id());
    submit(of("acme"), 1);
  }

  @Test
  @DisplayName("who submits the same again learns of the batch, and not of the limit")
  void aKeyThatIsTaken() {
    limit("acme", Limit.none().liveBatches(1));
    NewBatches keyed = of("acme").idempotencyKey("key");
    submit(keyed, 1);

    assertThat(
            store
                .submitting()
                .submit(of("acme").idempotencyKey("key").build(), NewBatches.items(1)))
        .isInstanceOf(Submitted.KeyTaken.class);
    assertThat(store.submitting().submit(keyed.idempotencyKey(null).build(), NewBatches.items(1)))
        .isInstanceOf(Submitted.IdTaken.class);
  }

  @Test
  @DisplayName("what tells of the end of a batch is never refused")
  void aDelivery() {
    limit("acme", Limit.none().liveBatches(1));
    submit(of("acme"), 1);

    submit(of("acme").inputFormat(NotifiedType.INPUT_FORMAT), 1);
    assertThat(refused(of("acme"), 1).present()).isEqualTo(2);
  }

  @Test
  @DisplayName("a batch whose failed items run again is not submitted, but counts")
  void aReopenedBatch() {
    limit("acme", Limit.none().liveBatches(1).submits(2, MINUTE));
    long batch = submit(of("acme"), 1);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(1);
    session.settle(SettlementDraft.of().failed(batch, 0, error(1, "first")).removed(chunk));
    assertThat(completeIfDone(batch)).isPresent();
    store
        .steering()
        .retryFailed(new Steering(header(batch).id(), null, ALICE, "again"), FailedItems.all());

    assertThat(refused(of("acme"), 1).kind()).isEqualTo(Kind.LIVE_BATCHES);
  }

  @Test
  @Tag("slow")
  @DisplayName("REQ-M19 of two that submit at once one has the last place")
  void aRaceForABatch() {
    race(Limit.none().liveBatches(1), true);
  }

  @Test
  @Tag("slow")
  @DisplayName("REQ-M19 of two that submit at once one has the last place for items")
  void aRaceForItems() {
    race(Limit.none().unfinishedItems(5), true);
  }

  @Test
  @Tag("slow")
  @DisplayName("REQ-M19 of two that submit at once one has the last submit")
  void aRaceForASubmit() {
    race(Limit.none().submits(1, MINUTE), true);
  }

  @Test
  @Tag("slow")
  @DisplayName("REQ-M19 of two that submit at once one has the place that each tenant has")
  void aRaceForWhatEachHas() {
    race(Limit.none().liveBatches(1), false);
  }

  /** Two submit batches of three items at once: only one of them fits. */
  void race(Limit limit, boolean isOwn) {
    if (!isOwn) {
      store.limits().set(LimitName.EACH_TENANT, limit, ALICE, "for a test");
    }
    for (int round = 0; round < ROUNDS; round++) {
      String tenant = "tenant " + round;
      if (isOwn) {
        limit(tenant, limit);
      }
      List<Boolean> taken =
          Concurrently.call(() -> isTaken(of(tenant), 3), () -> isTaken(of(tenant), 3));
      assertThat(taken).containsExactlyInAnyOrder(true, false);
    }
  }

  private boolean isTaken(NewBatches batch, int items) {
    try {
      submit(batch, items);
      return true;
    } catch (LimitExceededException e) {
      return false;
    }
  }

  @Test
  @Tag("slow")
  @DisplayName("REQ-M19 of two submits in pages that grow at once one has the last places")
  void aRaceOfPages() {
    TestSession session = session();
    for (int round = 0; round < ROUNDS; round++) {
      String tenant = "tenant " + round;
      limit(tenant, Limit.none().unfinishedItems(5));
      long one = number(store.submitting().begin(of(tenant).build(), session.id()));
      long other = number(store.submitting().begin(of(tenant).build(), session.id()));
      List<Boolean> taken =
          Concurrently.call(() -> hasGrown(one, session), () -> hasGrown(other, session));
      assertThat(taken).containsExactlyInAnyOrder(true, false);
    }
  }

  private boolean hasGrown(long batch, TestSession session) {
    try {
      store.submitting().append(batch, session.id(), NewBatches.items(3));
      return true;
    } catch (LimitExceededException e) {
      return false;
    }
  }
}
