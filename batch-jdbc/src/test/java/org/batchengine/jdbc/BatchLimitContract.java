package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitState;
import org.batchengine.model.BatchState;
import org.batchengine.model.Reason;
import org.batchengine.store.Attempts;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.NewSettings;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Limits of single batches: what is given out of them, and what is claimed of their items. */
abstract class BatchLimitContract extends SteeredContract {
  private static final Limit TWO = Limit.none().running(2);

  private long asked;

  BatchLimitContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  private LimitAnswer ask(TestSession session, long batch) {
    LimitName name = LimitName.ofBatch(batch);
    return store.limits().ask(new LimitAsk(session.id(), name, ++asked, 5, 9, 0));
  }

  private void set(long batch, Limit limit) {
    NewSettings settings = new NewSettings(null, null, null, null, null, null, limit);
    assertThat(store.steering().change(steering(batch), settings)).isPresent();
  }

  private static Wanted wanted(Map<Long, Integer> ofBatches) {
    return new Wanted("annotate", 100, 100, 1).with(ofBatches);
  }

  @Test
  @DisplayName("REQ-M19 what sessions get of a batch's limit is what it is set to")
  void gives() {
    long batch = submit(NewBatches.any().limit(TWO), 50);
    long other = submit(NewBatches.any().limit(TWO), 50);
    long free = submit(50);
    TestSession session = session();

    assertThat(ask(session, batch).target()).isEqualTo(2);
    assertThat(ask(session, other).target()).isEqualTo(2);
    assertThat(ask(session(), batch).target()).isZero();
    assertThat(ask(session, free).limit()).isEqualTo(Limit.none());
    assertThat(header(batch).limit()).isEqualTo(TWO);
    assertThat(header(free).limit()).isNull();
    assertThat(job(batch).limit()).contains(TWO);
  }

  @Test
  @DisplayName("REQ-M19 a change counts for the next question, and is told of")
  void changes() {
    long batch = submit(NewBatches.any().limit(TWO), 50);
    TestSession session = session();
    ask(session, batch);
    set(batch, Limit.none().running(7));

    assertThat(ask(session, batch).target()).isEqualTo(7);
    assertThat(header(batch).revision()).isEqualTo(1);
    List<String> details =
        store.feed().read(0, 1_000, null).events().stream().map(event -> event.detail()).toList();
    assertThat(details).endsWith("limit: running 2 -> running 7");
    set(batch, Limit.none());
    assertThat(ask(session, batch).limit()).isEqualTo(Limit.none());
    assertThat(header(batch).limit()).isNull();
  }

  @Test
  @DisplayName("REQ-M19 batches that have not ended are listed, and nothing is left of others")
  void lists() {
    long batch = done(NewBatches.any().limit(TWO).build(), 1, 0);
    ask(session(), batch);
    assertThat(store.limits().all())
        .extracting(LimitState::name)
        .containsExactly(job(batch).id().toString());
    assertThat(store.limits().changedSince(-1)).isEmpty();
    set(batch, Limit.none().rate(1, Duration.ofHours(1)));
    assertThat(ask(session(), batch).places()).isEqualTo(1);
    assertThat(ask(session(), batch).places()).isZero();

    end(batch);
    assertThat(store.limits().all()).isEmpty();
    assertThat(ask(session(), batch).limit()).isEqualTo(Limit.none());
    store.sweeping().repair();
    store.steering().hide(job(batch).id(), null, NewBatches.by("admin"));
    store.sweeping().repair();
  }

  @Test
  @DisplayName("REQ-M19 of a limited batch no more is claimed than wanted, and other batches go on")
  void claims() {
    long few = submit(NewBatches.any(), 50);
    long full = submit(NewBatches.any(), 50);
    long free = submit(NewBatches.any(), 50);
    Claim claim = session().claim(wanted(Map.of(few, 3, full, 0)));

    assertThat(claim.chunks()).extracting(ClaimedChunk::batch).containsOnly(few, free);
    assertThat(itemsOf(claim, few)).isEqualTo(3);
  }

  @Test
  @DisplayName("REQ-M19 a claim says that there is no more if all that is left is of full batches")
  void saysThatThereIsNoMore() {
    long parked = park(5);
    long full = submit(NewBatches.any(), 50);

    assertThat(session().claim(wanted(Map.of(full, 0, parked, 0))))
        .isEqualTo(new Claim(List.of(), List.of(), false));
    Claim some = session().claim(wanted(Map.of(full, 0, parked, 2)));
    assertThat(some.parked()).extracting(ClaimedItem::batch).containsExactly(parked, parked);
    Claim few = session().claim(wanted(Map.of(full, 3, parked, 0)));
    assertThat(few.items()).isEqualTo(3);
    assertThat(few.chunks()).extracting(ClaimedChunk::batch).containsOnly(full);
  }

  private static int itemsOf(Claim claim, long batch) {
    return claim.chunks().stream()
        .filter(chunk -> chunk.batch() == batch)
        .mapToInt(chunk -> chunk.to() - chunk.from())
        .sum();
  }

  @Test
  @DisplayName("a batch whose breaker trips is paused with the ask, and a trial follows its resume")
  void pauses() {
    long batch = submit(NewBatches.any().limit(Limit.none().breaker(0.5, 10)), 50);
    TestSession session = session();
    store.sessions().worksOn(session.id(), List.of("annotate"));
    assertThat(tell(session, batch, 0, 10, 4).calls()).isEqualTo(Integer.MAX_VALUE);

    LimitAnswer tripped = tell(session, batch, 0, 10, 5);
    assertThat(tripped.calls()).isZero();
    assertThat(tripped.trial()).isEqualTo(1);
    assertThat(job(batch).state()).isEqualTo(BatchState.PAUSED);
    assertThat(job(batch).stateReason()).contains("BREAKER");
    assertThat(codes(batch)).containsExactly("BREAKER");
    assertThat(tell(session, batch, 1, 0, 0).calls()).isZero();
    pass(Duration.ofSeconds(2));
    assertThat(tell(session, batch, 1, 0, 0).calls()).isZero();

    store.steering().resume(steering(batch));
    assertThat(codes(batch)).containsExactly("TRIAL");
    assertThat(tell(session, batch, 1, 0, 0).calls()).isEqualTo(3);
    assertThat(tell(session, batch, 1, 3, 2).calls()).isZero();
    assertThat(job(batch).state()).isEqualTo(BatchState.PAUSED);

    store.steering().resume(steering(batch));
    assertThat(tell(session, batch, 2, 0, 0).calls()).isEqualTo(3);
    assertThat(tell(session, batch, 2, 3, 0).calls()).isEqualTo(Integer.MAX_VALUE);
    assertThat(job(batch).state()).isEqualTo(BatchState.PENDING);
    assertThat(store.feed().read(0, 1_000, null).events())
        .extracting(FeedEvent::kind)
        .containsSubsequence(
            EventKind.PAUSED,
            EventKind.RESUMED,
            EventKind.PAUSED,
            EventKind.RESUMED,
            EventKind.BREAKER_CLOSED)
        .doesNotContain(EventKind.BREAKER_TRIPPED);
  }

  private List<String> codes(long batch) {
    return store.reading().explain(header(batch)).stream().map(Reason::code).toList();
  }

  private LimitAnswer tell(TestSession session, long batch, int trial, int attempts, int failed) {
    Attempts told = new Attempts(trial, attempts, failed, failed == 0 ? null : "4711");
    LimitName name = LimitName.ofBatch(batch);
    return store
        .limits()
        .ask(new LimitAsk(session.id(), name, ++asked, 5, 9, 0, told, Duration.ofMinutes(1)));
  }
}
