package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.InvalidRequestException;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.Reason;
import org.batchengine.store.Actor;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.Fill;
import org.batchengine.store.FillStep;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Steering;
import org.batchengine.store.Submitted;
import org.batchengine.store.WaitScope;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A batch is made of items of another one. */
@DisplayName("REQ-M17 a batch is made of another one")
abstract class FillContract extends StoreContract {
  private static final int ALL = 1_000;
  private static final long MUCH = 1L << 20;
  private static final Set<ItemState> SUCCEEDED = Set.of(ItemState.SUCCEEDED);

  private final NewBatch source = NewBatches.any().build();

  FillContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  // --- Given ---

  private Fill outputs() {
    return new Fill(source.id(), Fill.Part.OUTPUT, SUCCEEDED, null, 1_000);
  }

  private Fill inputs(ItemState... in) {
    return new Fill(source.id(), Fill.Part.INPUT, Set.of(in), null, 1_000);
  }

  private NewBatches of(Fill fill) {
    return NewBatches.any().type("later").fill(fill);
  }

  /**
   * The source: item 0 failed, 1 was skipped, 2 has no output, and those from 3 on have outputs and
   * qualities 0.3, 0.4 and on. All have keys.
   */
  private long source(int items) {
    long batch =
        submit(
            source,
            IntStream.range(0, items).mapToObj(i -> new NewItem("key-" + i, "in-" + i)).toList());
    TestSession session = session();
    SettlementDraft draft = SettlementDraft.of();
    for (ClaimedChunk chunk : session.claim(items).chunks()) {
      draft.removed(chunk);
    }
    draft.failed(batch, 0, error(1, "no")).outcome(batch, 1, ItemState.SKIPPED).succeeded(batch, 2);
    for (int i = 3; i < items; i++) {
      draft.outcome(
          new Outcome(batch, i, ItemState.SUCCEEDED, 1, "out-" + i, 1_000, i / 10.0, null, false));
    }
    session.settle(draft);
    store.sessions().release(session.id());
    assertThat(completeIfDone(batch)).isPresent();
    return batch;
  }

  private long given(Fill fill) {
    return submit(of(fill).build(), List.of());
  }

  private FillStep fill(long batch) {
    return store.waiting().fill(batch, ALL, MUCH);
  }

  /** Items {@code [0, most)} of the source. */
  private FillStep slice(long batch, int most) {
    return store.waiting().fill(batch, most, MUCH);
  }

  private static Steering by(BatchId id) {
    return new Steering(id, null, NewBatches.by("alice"), "because");
  }

  private void cancel(long batch) {
    store.steering().cancel(by(header(batch).id()), CancelMode.GRACEFUL);
  }

  private void end(long batch) {
    store.sweeping().cancelUnowned(batch, ALL);
    assertThat(completeIfDone(batch)).isPresent();
  }

  private void remove(BatchId id) {
    assertThat(store.steering().hide(id, null, NewBatches.by("alice"))).isTrue();
  }

  // --- Seen ---

  private Map<String, String> items(long batch) {
    Map<String, String> items = new TreeMap<>();
    int index = 0;
    for (BatchItem<String, String> item :
        store.reading().items(header(batch), ItemQuery.all().limit(1_000))) {
      assertThat(item.index()).isEqualTo(index++);
      items.put(item.key().orElseThrow(), item.input());
    }
    return items;
  }

  private List<String> reasons(long batch) {
    return store.reading().explain(header(batch)).stream().map(Reason::code).toList();
  }

  private List<String> events(long batch) {
    return under.events(batch).stream().map(StoreUnderTest.Event::kind).toList();
  }

  private boolean isClaimable() {
    TestSession session = session();
    boolean is = !session.claim("later", 1, 1).isEmpty();
    store.sessions().release(session.id());
    return is;
  }

  @Nested
  class IsMade {
    @Test
    void ofOutputsInTheirOrderAndWithTheirKeys() {
      source(6);
      long batch = given(outputs());
      assertThat(job(batch).state()).isEqualTo(BatchState.PENDING);
      assertThat(store.waiting().toFill(10)).containsExactly(batch);
      assertThat(fill(batch)).isEqualTo(FillStep.FULL);

      assertThat(items(batch))
          .containsExactly(
              Map.entry("key-3", "out-3"),
              Map.entry("key-4", "out-4"),
              Map.entry("key-5", "out-5"));
      assertThat(job(batch).filledFrom()).contains(source.id());
      assertThat(job(batch).isFilling()).isFalse();
      assertThat(job(batch).toMap()).containsEntry("filled_from", source.id().toString());
      assertThat(store.reading().item(header(batch), "key-4").orElseThrow().index()).isEqualTo(1);
      assertThat(header(batch).largestInput()).isEqualTo("out-3".length());
      assertThat(events(batch)).containsExactly("SUBMITTED");
      assertThat(store.waiting().toFill(10)).isEmpty();
      assertThat(isClaimable()).isTrue();
    }

    @Test
    @DisplayName("REQ-M17 of the inputs of what failed, the child batch")
    void ofInputsOfWhatFailed() {
      source(5);
      long batch = given(inputs(ItemState.FAILED));
      fill(batch);

      assertThat(items(batch)).containsExactly(Map.entry("key-0", "in-0"));
    }

    @Test
    void ofInputsAsTheyWereCorrected() {
      long from = source(4);
      store
          .steering()
          .retryCorrected(
              new Steering(source.id(), null, new Actor("alice", "node"), "it was wrong"),
              List.of(new TreeMap<>(Map.of(0, "mended"))).iterator());
      TestSession session = session();
      session.settle(
          SettlementDraft.of()
              .failure(from, 0, error(2, "again"))
              .outcome(session.claimRetry(), ItemState.FAILED));
      completeIfDone(from);
      long batch = given(inputs(ItemState.FAILED));
      fill(batch);

      assertThat(items(batch)).containsExactly(Map.entry("key-0", "mended"));
    }

    @Test
    void ofInputsInSeveralStates() {
      source(5);
      long batch = given(inputs(ItemState.FAILED, ItemState.SKIPPED));
      fill(batch);

      assertThat(items(batch)).containsOnlyKeys("key-0", "key-1");
    }

    @Test
    void ofInputsOfWhatHasALowQuality() {
      source(7);
      long batch = given(new Fill(source.id(), Fill.Part.INPUT, SUCCEEDED, 0.5, 1_000));
      fill(batch);

      assertThat(items(batch))
          .containsExactly(Map.entry("key-3", "in-3"), Map.entry("key-4", "in-4"));
    }

    @Test
    void ofWhatIsSettledWhenItIsCopied() {
      long from = submit(source, NewBatches.items(2));
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      session.settle(SettlementDraft.of().output(from, 0, "out-0"));
      long batch = given(outputs());

      assertThat(fill(batch)).isEqualTo(FillStep.FULL);
      assertThat(job(batch).counts().total()).isEqualTo(1);
      session.settle(SettlementDraft.of().output(from, 1, "out-1").removed(chunk));
    }

    @Test
    void ofNothing() {
      source(3);
      long batch = given(outputs());
      assertThat(fill(batch)).isEqualTo(FillStep.EMPTY);

      BatchJob ended = completeIfDone(batch).orElseThrow();
      assertThat(ended.state()).isEqualTo(BatchState.COMPLETED);
      assertThat(ended.counts().total()).isZero();
      assertThat(events(batch)).containsExactly("SUBMITTED", "COMPLETED");
    }

    @Test
    void onceWithAnIdempotencyKey() {
      source(4);
      NewBatches keyed = of(outputs()).idempotencyKey("once");
      submit(keyed.build(), List.of());
      NewBatch again = of(outputs()).idempotencyKey("once").build();

      assertThat(store.submitting().submit(again, List.of()))
          .isInstanceOf(Submitted.KeyTaken.class);
      assertThat(store.waiting().toFill(10)).hasSize(1);
    }
  }

  @Nested
  class InSlices {
    @Test
    void goesOnWhereTheLastOneEnded() {
      source(8);
      long batch = given(outputs());
      assertThat(slice(batch, 4)).isEqualTo(FillStep.MORE);
      assertThat(slice(batch, 2)).isEqualTo(FillStep.MORE);
      assertThat(slice(batch, 2)).isEqualTo(FillStep.FULL);
      assertThat(slice(batch, 2)).isEqualTo(FillStep.NOTHING);

      assertThat(items(batch)).hasSize(5).containsEntry("key-7", "out-7");
    }

    @Test
    void hasItemsThatArePendingAndNothingInMotion() {
      source(6);
      long batch = given(outputs());
      slice(batch, 4);

      BatchJob job = job(batch);
      assertThat(job.state()).isEqualTo(BatchState.PENDING);
      assertThat(job.isFilling()).isTrue();
      assertThat(job.stateReason()).contains("copies its items from batch " + source.id());
      assertThat(job.counts().total()).isEqualTo(1);
      assertThat(job.counts().pending()).isEqualTo(1);
      assertThat(reasons(batch)).containsExactly("FILLING");
      assertThat(isClaimable()).isFalse();
    }

    @Test
    @DisplayName("REQ-M17 a batch does not end before it is full")
    void doesNotEnd() {
      source(6);
      long batch = given(outputs());

      for (int slice = 0; slice < 3; slice++) {
        assertThat(completeIfDone(batch)).isEmpty();
        assertThat(store.sweeping().done(10)).isEmpty();
        assertThat(store.sweeping().unsettled(List.of(batch))).isEmpty();
        assertThat(store.sweeping().rebuild(batch, "node")).isZero();
        assertThat(slice(batch, slice == 2 ? ALL : 2))
            .isEqualTo(slice == 2 ? FillStep.FULL : FillStep.MORE);
      }
      assertThat(isClaimable()).isTrue();
    }

    @Test
    void areBoundedByBytes() {
      source(9);
      long batch = given(outputs());
      assertThat(store.waiting().fill(batch, ALL, 11)).isEqualTo(FillStep.MORE);
      assertThat(job(batch).counts().total()).isEqualTo(2);
      assertThat(store.waiting().fill(batch, ALL, 1)).isEqualTo(FillStep.MORE);
      assertThat(job(batch).counts().total()).isEqualTo(3);

      assertThat(fill(batch)).isEqualTo(FillStep.FULL);
      assertThat(items(batch)).hasSize(6);
    }

    @Test
    void areCutWhereNothingIsCopied() {
      source(4);
      long batch = given(outputs());

      assertThat(slice(batch, 2)).isEqualTo(FillStep.MORE);
      assertThat(job(batch).counts().total()).isZero();
      assertThat(reasons(batch)).containsExactly("FILLING");
      assertThat(slice(batch, 2)).isEqualTo(FillStep.FULL);
    }
  }

  @Nested
  class Waits {
    @Test
    void forWhatItIsAfter() {
      long from = submit(source, NewBatches.items(2));
      long batch = submit(of(outputs()).after(source.id()).build(), List.of());
      assertThat(fill(batch)).isEqualTo(FillStep.NOTHING);
      assertThat(store.waiting().toFill(10)).isEmpty();
      assertThat(reasons(batch)).containsExactly("WAITS_FOR_BATCH");

      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      session.settle(SettlementDraft.of().output(from, 0, "a").output(from, 1, "b").removed(chunk));
      completeIfDone(from);
      assertThat(store.waiting().look(WaitScope.ALL, 10).released()).isEqualTo(1);
      assertThat(reasons(batch)).containsExactly("FILLING");
      assertThat(completeIfDone(batch)).isEmpty();
      assertThat(fill(batch)).isEqualTo(FillStep.FULL);
      assertThat(job(batch).counts().total()).isEqualTo(2);
    }

    @Test
    void whileItIsPaused() {
      source(6);
      long batch = given(outputs());
      slice(batch, 4);
      store.steering().pause(by(header(batch).id()));

      assertThat(fill(batch)).isEqualTo(FillStep.NOTHING);
      assertThat(store.waiting().toFill(10)).isEmpty();
      assertThat(reasons(batch)).containsExactly("PAUSED");
      assertThat(completeIfDone(batch)).isEmpty();
      store.steering().resume(by(header(batch).id()));
      assertThat(fill(batch)).isEqualTo(FillStep.FULL);
    }

    @Test
    void withItsItemsForItsTime() {
      source(4);
      long batch =
          submit(of(outputs()).startAt(now().plus(Duration.ofHours(1))).build(), List.of());
      assertThat(fill(batch)).isEqualTo(FillStep.FULL);

      assertThat(isClaimable()).isFalse();
      assertThat(reasons(batch)).containsExactly("NOT_DUE");
      pass(Duration.ofHours(2));
      store.sweeping().repair();
      assertThat(isClaimable()).isTrue();
    }

    @Test
    void asOneThatIsSequential() {
      source(6);
      long batch = submit(of(outputs()).sequential().build(), List.of());
      fill(batch);

      assertThat(header(batch).sequential()).isTrue();
      assertThat(store.claiming().claimSequential(session().id(), List.of("later")).chunks())
          .extracting(ClaimedChunk::to)
          .containsExactly(1);
    }
  }

  @Nested
  class Stops {
    @Test
    @DisplayName("REQ-M17 what was copied before a cancel is cancelled")
    void byACancel() {
      source(6);
      long batch = given(outputs());
      slice(batch, 5);
      cancel(batch);
      assertThat(fill(batch)).isEqualTo(FillStep.NOTHING);
      end(batch);

      assertThat(job(batch).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(job(batch).isFilling()).isFalse();
      assertThat(job(batch).counts().cancelled()).isEqualTo(2);
    }

    @Test
    void byACancelWhileItWaitsOrIsPaused() {
      submit(source, NewBatches.items(1));
      long waiting = submit(of(outputs()).after(source.id()).build(), List.of());
      long paused = given(outputs());
      store.steering().pause(by(header(paused).id()));
      cancel(waiting);
      cancel(paused);
      end(waiting);
      end(paused);

      assertThat(job(waiting).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(job(paused).counts().total()).isZero();
    }

    @Test
    void byItsDeadline() {
      source(6);
      long batch = submit(of(outputs()).deadline(Duration.ofHours(1)).build(), List.of());
      slice(batch, 5);
      pass(Duration.ofHours(2));
      assertThat(store.steering().giveUp(batch, "node")).isTrue();
      end(batch);

      assertThat(job(batch).state()).isEqualTo(BatchState.FAILED);
      assertThat(job(batch).counts().cancelled()).isEqualTo(2);
    }

    @Test
    @DisplayName("REQ-M17 an item that is too large is named")
    void ifAnItemIsTooLarge() {
      source(5);
      long batch = given(new Fill(source.id(), Fill.Part.OUTPUT, SUCCEEDED, null, 4));

      assertThat(fill(batch)).isEqualTo(FillStep.GIVEN_UP);
      end(batch);
      BatchJob job = job(batch);
      assertThat(job.state()).isEqualTo(BatchState.FAILED);
      assertThat(job.error())
          .hasValueSatisfying(
              why -> assertThat(why).startsWith("item 0, copied from batch " + source.id()));
      assertThat(job.stateReason()).isEqualTo(job.error());
      assertThat(job.counts().cancelled()).isEqualTo(2);
      assertThat(events(batch)).containsExactly("SUBMITTED", "GIVEN_UP", "FAILED");
    }

    @Test
    void ifThePayloadsWerePurged() {
      source(5);
      pass(Duration.ofDays(2));
      store.sweeping().purgePayloads(Duration.ofDays(1), null, new Actor(null, "node"), 100);
      long batch = given(outputs());

      assertThat(fill(batch)).isEqualTo(FillStep.GIVEN_UP);
      end(batch);
      assertThat(job(batch).error()).hasValueSatisfying(why -> assertThat(why).contains("purged"));
      assertThat(job(batch).counts().total()).isZero();
    }

    @Test
    void ifTheOtherBatchIsDeletedBefore() {
      source(5);
      long batch = given(outputs());
      remove(source.id());

      assertThat(fill(batch)).isEqualTo(FillStep.GIVEN_UP);
      end(batch);
      assertThat(job(batch).error())
          .hasValueSatisfying(why -> assertThat(why).contains("was deleted"));
      assertThat(job(batch).counts().total()).isZero();
      assertThat(job(batch).filledFrom()).contains(source.id());
    }
  }

  @Nested
  class TheOtherBatch {
    @Test
    @DisplayName("REQ-M17 records of a deleted batch stay until they are copied")
    void mayBeDeletedMeanwhile() {
      long from = source(8);
      long batch = given(outputs());
      slice(batch, 5);
      remove(source.id());
      assertThat(store.sweeping().removeHidden(ALL)).isFalse();
      assertThat(slice(batch, ALL)).isEqualTo(FillStep.FULL);
      assertThat(items(batch)).hasSize(5);

      while (store.sweeping().removeHidden(ALL)) {}
      assertThat(under.rows(from)).isZero();
    }

    @Test
    void isKeptByRetention() {
      source(6);
      long batch = given(outputs());
      slice(batch, 4);
      pass(Duration.ofDays(2));

      assertThat(store.sweeping().hideEnded(Duration.ofDays(1), 10)).isZero();
      Actor nobody = new Actor(null, "node");
      assertThat(store.sweeping().purgePayloads(Duration.ofDays(1), null, nobody, 10)).isZero();
      fill(batch);
      assertThat(store.sweeping().purgePayloads(Duration.ofDays(1), null, nobody, 10)).isPositive();
      assertThat(store.sweeping().hideEnded(Duration.ofDays(1), 10)).isEqualTo(1);
    }

    @Test
    void mustBeThereAtTheSubmit() {
      NewBatch unknown = of(new Fill(UNKNOWN, Fill.Part.OUTPUT, SUCCEEDED, null, 1_000)).build();
      source(4);
      NewBatch ofAnother = of(outputs()).tenant("another").build();

      for (NewBatch batch : List.of(unknown, ofAnother)) {
        assertThatExceptionOfType(BatchNotFoundException.class)
            .isThrownBy(() -> submit(batch, List.of()));
      }
    }

    @Test
    void mustHaveTheFormat() {
      source(4);
      NewBatch other = NewBatches.any().type("later").fill(outputs()).inputFormat("json").build();

      assertThatExceptionOfType(InvalidRequestException.class)
          .isThrownBy(() -> submit(other, List.of()))
          .withMessageContaining("has the format text")
          .satisfies(
              e ->
                  assertThat(e.violations())
                      .extracting("path", "code")
                      .containsExactly(tuple("ofOutputs", "format")));
    }
  }
}
