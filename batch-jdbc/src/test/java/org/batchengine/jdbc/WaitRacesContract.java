package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobType;
import org.batchengine.ManualEngine;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.Fill;
import org.batchengine.store.FillStep;
import org.batchengine.store.NewBatch;
import org.batchengine.store.Steering;
import org.batchengine.store.WaitLook;
import org.batchengine.store.WaitScope;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What happens to other batches between two steps of a look, or of a submit. */
abstract class WaitRacesContract extends StoreContract {
  private static final JobType<String, String> ECHO =
      JobType.of("echo", String.class, String.class);

  private final NewBatch first = NewBatches.any().build();

  WaitRacesContract(Supplier<JdbcUnderTest> opener) {
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
              if (sql.contains(words) && isDone.compareAndSet(false, true)) {
                step.run();
              }
              return sql;
            });
  }

  private void set(BatchId id, BatchState state) {
    jdbc()
        .jdbi()
        .useHandle(
            handle ->
                handle.execute(
                    "update batch_job set state = ? where id = ?", state.name(), id.value()));
  }

  @Test
  @DisplayName(
      "REQ-M17 what was retried before the lock of a batch that waits for it breaks nothing")
  void isAskedAgainUnderTheLock() {
    submit(first, NewBatches.items(1));
    long waiting = submit(NewBatches.any().after(first.id()), 1);
    set(first.id(), BatchState.CANCELLED);
    before("order by batch_no for update skip locked", () -> set(first.id(), BatchState.PENDING));

    assertThat(store.waiting().look(WaitScope.ALL, 10)).isEqualTo(WaitLook.NOTHING);
    assertThat(job(waiting).state()).isEqualTo(BatchState.PENDING);
  }

  @Test
  @DisplayName(
      "REQ-M17 an end before the commit of a submit is found by the look after it, without a sweep")
  void anEndBeforeTheCommitOfASubmit() {
    try (ManualEngine engine =
        BatchEngine.builder(jdbc().another())
            .clock(clock)
            .register(ECHO, input -> input)
            .manual()) {
      BatchId one =
          engine.submit(
              BatchRequest.of(ECHO, List.of("a")).startAt(now().plus(Duration.ofHours(1))));
      engine.runUntilIdle(); // the sweep, for this moment
      before("insert into batch_wait", () -> set(one, BatchState.COMPLETED));
      BatchId two = engine.submit(BatchRequest.of(ECHO, List.of("b")).after(one));
      assertThat(engine.status(two).waitsFor()).isEqualTo(1);
      engine.runUntilIdle();

      assertThat(engine.status(two).state()).isEqualTo(BatchState.COMPLETED);
      set(one, BatchState.PENDING);
    }
  }

  // --- Batches that are made of others ---

  /** A batch whose items have outputs but for the last, which is still being processed. */
  private long source(int items) {
    long batch = submit(first, NewBatches.items(items));
    TestSession session = session();
    SettlementDraft draft = SettlementDraft.of();
    ClaimedChunk chunk = session.claimChunk(items);
    for (int i = 0; i < items - 1; i++) {
      draft.output(batch, i, "out-" + i);
    }
    session.settle(draft);
    last =
        () -> session.settle(SettlementDraft.of().output(batch, items - 1, "last").removed(chunk));
    return batch;
  }

  private Runnable last = () -> {};

  private long given() {
    Fill outputs = new Fill(first.id(), Fill.Part.OUTPUT, Set.of(ItemState.SUCCEEDED), null, 1_000);
    return submit(NewBatches.any().type("later").fill(outputs).build(), List.of());
  }

  private FillStep slice(long batch, int most) {
    return store.waiting().fill(batch, most, 1L << 20);
  }

  private List<String> inputs(long batch) {
    return store.reading().items(header(batch), ItemQuery.all().limit(1_000)).items().stream()
        .map(item -> item.input())
        .toList();
  }

  @Test
  @DisplayName("REQ-M17 a node that dies in the middle of a slice leaves nothing of it")
  void aDeathInTheMiddleOfASlice() {
    source(6);
    last.run();
    long batch = given();
    slice(batch, 2);
    before(
        "update batch_fill",
        () -> {
          throw new IllegalStateException("dies");
        });
    assertThatIllegalStateException().isThrownBy(() -> slice(batch, 2)).withMessage("dies");

    assertThat(job(batch).counts().total()).isEqualTo(2);
    assertThat(slice(batch, 2)).isEqualTo(FillStep.MORE);
    assertThat(slice(batch, 2)).isEqualTo(FillStep.FULL);
    assertThat(inputs(batch)).containsExactly("out-0", "out-1", "out-2", "out-3", "out-4", "last");
  }

  @Test
  @DisplayName("REQ-M17 what is settled while a slice is copied is counted as it was copied")
  void aSettlementInTheMiddleOfASlice() {
    source(3);
    long batch = given();
    before("insert into batch_item", last);

    assertThat(slice(batch, 10)).isEqualTo(FillStep.FULL);
    assertThat(inputs(batch)).containsExactly("out-0", "out-1", "last");
    assertThat(job(batch).counts().total()).isEqualTo(3);
  }

  @Test
  @DisplayName("REQ-M17 a cancel or a pause just before a slice is obeyed")
  void isSteeredJustBeforeASlice() {
    source(3);
    last.run();
    for (String verb : List.of("cancel", "pause")) {
      long batch = given();
      Steering of = new Steering(header(batch).id(), null, NewBatches.by("alice"), null);
      slice(batch, 1);
      before(
          "order by batch_no for update skip locked",
          () -> {
            if (verb.equals("cancel")) {
              store.steering().cancel(of, CancelMode.GRACEFUL);
            } else {
              store.steering().pause(of);
            }
          });

      assertThat(slice(batch, 10)).as(verb).isEqualTo(FillStep.NOTHING);
      assertThat(job(batch).counts().total()).as(verb).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("REQ-M17 payloads that are purged while a slice is copied are missed")
  void aPurgeInTheMiddleOfASlice() {
    long source = source(3);
    last.run();
    long batch = given();
    before(
        "select id is null as hidden",
        () ->
            jdbc()
                .jdbi()
                .useHandle(
                    handle ->
                        handle.execute(
                            "update batch_job set purged = 1 where batch_no = ?", source)));

    assertThat(slice(batch, 10)).isEqualTo(FillStep.GIVEN_UP);
    assertThat(job(batch).stateReason().orElseThrow()).contains("purged");
  }
}
