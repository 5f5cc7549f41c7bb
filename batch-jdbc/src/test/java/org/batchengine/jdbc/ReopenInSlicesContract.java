package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Collections;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.FailedItems;
import org.batchengine.model.StateChange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Failed items of a large batch are taken up in several transactions. Whatever happens between two
 * of them, it is one call, one run and one end.
 */
abstract class ReopenInSlicesContract extends SteeredContract {
  /** So many that it takes three slices. */
  private static final int ITEMS = 10_010;

  private static final int IN_FIRST = 0;
  private static final int IN_SECOND = 7_000;
  private static final int IN_THIRD = 10_005;

  ReopenInSlicesContract(Supplier<JdbcUnderTest> opener) {
    super(opener::get);
  }

  private ProbedDataSource probed() {
    return ((JdbcUnderTest) under).probed();
  }

  /** Does something before each slice but the first, while nobody has the batch locked. */
  private void betweenSlices(Runnable something) {
    int[] locks = new int[1];
    boolean[] isBusy = new boolean[1];
    probed()
        .rewrite(
            sql -> {
              if (!isBusy[0] && locksOneBatch(sql) && locks[0]++ > 0) {
                isBusy[0] = true;
                something.run();
                isBusy[0] = false;
              }
              return sql;
            });
  }

  private static boolean locksOneBatch(String sql) {
    return sql.contains("from batch_job") && sql.contains("for update") && sql.contains("id =");
  }

  private void noMore() {
    probed().rewrite(UnaryOperator.identity());
  }

  /** Works off what was taken up so far, and looks whether the batch is done. */
  private void workAndComplete(long batch) {
    TestSession session = session();
    work(session);
    store.sessions().release(session.id());
    assertThat(completeIfDone(batch)).isEmpty();
    assertThat(store.sweeping().done(10)).isEmpty();
  }

  @Test
  @DisplayName("FAULT-X4 items are done before the next of them is taken up: it is still one run")
  void isOneRunWithOneEnd() {
    long batch = ended(ITEMS, IN_FIRST, IN_SECOND, IN_THIRD);
    betweenSlices(() -> workAndComplete(batch));
    StateChange change = retryFailed(batch);
    noMore();

    assertThat(change).isEqualTo(changed(batch, BatchState.COMPLETED, BatchState.RUNNING, 3));
    assertThat(job(batch).run()).isEqualTo(2);
    work(session());
    assertThat(store.sweeping().done(10)).containsExactly(batch);
    BatchJob again = end(batch);
    assertThat(again.run()).isEqualTo(2);
    assertThat(again.counts().succeeded()).isEqualTo(ITEMS);
    assertThat(kinds(batch))
        .containsExactly("SUBMITTED", "STARTED", "COMPLETED", "REOPENED", "COMPLETED");
  }

  @Test
  void keepsALiveBatchInItsRun() {
    long batch = done(NewBatches.any().build(), ITEMS, IN_SECOND, IN_THIRD);
    boolean[] isFirst = {true};
    betweenSlices(
        () -> {
          if (!isFirst[0]) {
            workAndComplete(batch);
          }
          isFirst[0] = false; // until something is taken up it may end
        });
    assertThat(retryFailed(batch))
        .isEqualTo(changed(batch, BatchState.RUNNING, BatchState.RUNNING, 2));
    noMore();
    work(session());

    assertThat(end(batch).run()).isEqualTo(1);
    assertThat(Collections.frequency(kinds(batch), "REOPENED")).isEqualTo(1);
  }

  @Test
  void stopsAtACancelAndLetsTheBatchEnd() {
    long batch = ended(ITEMS, IN_FIRST, IN_SECOND, IN_THIRD);
    betweenSlices(
        () -> {
          cancel(batch);
          cancelAllUnowned(batch);
          assertThat(completeIfDone(batch)).isEmpty();
        });
    assertThat(retryFailed(batch).items()).isEqualTo(1);
    noMore();

    assertThat(end(batch).state()).isEqualTo(BatchState.CANCELLED);
    assertThat(job(batch).counts())
        .isEqualTo(new BatchCounts(ITEMS, 0, 0, 0, 0, ITEMS - 3, 2, 0, 1));
    assertThat(kinds(batch)).endsWith("REOPENED", "CANCELLING", "CANCELLED");
  }

  @Test
  void holdsNothingForLongIfItsCallerDies() {
    long batch = ended(ITEMS, IN_FIRST, IN_SECOND, IN_THIRD);
    betweenSlices(
        () -> {
          throw new IllegalStateException("for a test");
        });
    assertThatThrownBy(() -> retryFailed(batch)).hasMessage("for a test");
    noMore();
    workAndComplete(batch);

    pass(Duration.ofMinutes(1));
    assertThat(store.sweeping().done(10)).containsExactly(batch);
    assertThat(end(batch).counts().failed()).isEqualTo(2);
    assertThat(retryFailed(batch).items()).isEqualTo(2);
    work(session());
    assertThat(end(batch).counts().succeeded()).isEqualTo(ITEMS);
  }

  @Test
  void isNotLetGoByACallThatIsOverEarlier() {
    long batch = ended(ITEMS, IN_FIRST, IN_SECOND, IN_THIRD);
    betweenSlices(
        () -> {
          retryFailed(batch, FailedItems.at(IN_THIRD, IN_SECOND));
          workAndComplete(batch);
        });
    assertThat(retryFailed(batch).items()).isEqualTo(1);
    noMore();

    assertThat(job(batch).run()).isEqualTo(2);
    assertThat(end(batch).counts().succeeded()).isEqualTo(ITEMS);
  }

  @Test
  @DisplayName("F10c what fails again before the next slice counts against this run")
  void countsWhatFailsAgainMeanwhile() {
    long batch = ended(ITEMS, IN_FIRST, IN_SECOND, IN_THIRD);
    boolean[] isFirst = {true};
    betweenSlices(
        () -> {
          TestSession session = session();
          if (isFirst[0]) {
            failRetry(session);
          }
          isFirst[0] = false;
        });
    assertThat(retryFailed(batch).items()).isEqualTo(3);
    noMore();

    assertThat(store.settling().failures(batch)).isEqualTo(1);
    assertThat(job(batch).counts())
        .isEqualTo(new BatchCounts(ITEMS, 0, 0, 2, 0, ITEMS - 3, 1, 0, 0));
  }

  @Test
  void goesOnlyWhereNamedItemsAre() {
    long batch = ended(ITEMS, IN_FIRST, IN_SECOND, IN_THIRD);
    probed().takeExecuted();
    assertThat(retryFailed(batch, FailedItems.at(IN_SECOND)).items()).isEqualTo(1);

    assertThat(Collections.frequency(probed().takeExecuted(), "commit")).isEqualTo(1);
  }
}
