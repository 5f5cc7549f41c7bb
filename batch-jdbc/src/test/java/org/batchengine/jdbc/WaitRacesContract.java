package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobType;
import org.batchengine.ManualEngine;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.store.NewBatch;
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
}
