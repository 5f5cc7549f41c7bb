package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.PayloadException;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.NewItem;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Inputs and outputs of batches that ended long ago go; all else stays. */
abstract class PurgeContract extends SteeredContract {

  PurgeContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Purging {
    private static final Duration WEEK = Duration.ofDays(7);

    /** Ended batch of keyed items with outputs, the first of which failed. */
    private long withPayloads(int items) {
      return withPayloads(NewBatches.any(), items);
    }

    private long withPayloads(NewBatches of, int items) {
      List<NewItem> inputs =
          NewBatches.items(items).stream()
              .map(item -> new NewItem("key " + item.input(), item.input()))
              .toList();
      long batch = submit(of.build(), inputs);
      TestSession session = session();
      for (ClaimedChunk chunk : session.claim(items).chunks()) {
        SettlementDraft draft = SettlementDraft.of().removed(chunk);
        for (int index : indexes(chunk)) {
          if (index == 0) {
            draft.failed(batch, index, error(1, "no"));
          } else {
            draft.output(batch, index, "output");
          }
        }
        session.settle(draft);
      }
      end(batch);
      return batch;
    }

    private int purge(String tenant, int most) {
      return store.sweeping().purgePayloads(WEEK, tenant, NewBatches.by("node"), most);
    }

    private List<BatchItem<String, String>> items(long batch) {
      return store.reading().items(header(batch), ItemQuery.all()).items();
    }

    @Test
    void takesThePayloadsOnly() {
      long old = withPayloads(3);
      BatchJob before = job(old);
      List<BatchItem<String, String>> items = items(old);
      pass(WEEK);
      assertThat(purge(null, 10)).as("not yet").isZero();
      passMoment();

      assertThat(purge(null, 10)).isEqualTo(3);
      assertThat(job(old).toBuilder().asOf(before.asOf()).build()).isEqualTo(before);
      for (int i = 0; i < 3; i++) {
        BatchItem<String, String> item = items(old).get(i);
        assertThat(items.get(i).isPurged()).isFalse();
        assertThat(item.isPurged()).isTrue();
        assertThat(item.output()).isEmpty();
        assertThatThrownBy(item::input)
            .isInstanceOf(PayloadException.class)
            .hasMessageEndingWith("was purged");
        assertThat(item.state()).isEqualTo(items.get(i).state());
        assertThat(item.error()).isEqualTo(items.get(i).error());
        assertThat(item.key()).isEqualTo(items.get(i).key());
        assertThat(item.attempts()).isEqualTo(1);
        assertThat(item.duration()).isEqualTo(items.get(i).duration());
      }
      assertThat(lastEvent(old)).isEqualTo(event("PURGED", "node", null));
      assertThat(purge(null, 10)).as("again").isZero();
    }

    @Test
    void goesInSlicesThroughOneBatchAfterTheOther() {
      long first = withPayloads(5);
      passMoment();
      long second = withPayloads(3);
      pass(WEEK.plusMillis(1));

      assertThat(purge(null, 4)).isEqualTo(4);
      assertThat(items(first))
          .extracting(BatchItem::isPurged)
          .containsExactly(true, true, true, true, false);
      assertThat(items(first).get(4).output()).contains("output");
      assertThat(purge(null, 3)).isEqualTo(3);
      assertThat(items(first)).extracting(BatchItem::isPurged).containsOnly(true);
      assertThat(items(second)).extracting(BatchItem::isPurged).containsExactly(true, true, false);
      assertThat(purge(null, 10)).isEqualTo(1);
      assertThat(kinds(second)).containsOnlyOnce("PURGED");
    }

    @ParameterizedTest
    @EnumSource
    void takesFromWhatHasEndedOnly(BatchState state) {
      long batch = inState(state);
      pass(WEEK.plusMillis(1));

      assertThat(purge(null, 10)).isEqualTo(state.isTerminal() ? 3 : 0);
      if (state != BatchState.SUBMITTING) {
        assertThat(items(batch)).extracting(BatchItem::isPurged).containsOnly(state.isTerminal());
      }
    }

    @Test
    void isOfOneTenantIfAsked() {
      long acme = withPayloads(NewBatches.any().tenant("acme"), 2);
      long globex = withPayloads(NewBatches.any().tenant("globex"), 2);
      pass(WEEK.plusMillis(1));

      assertThat(purge("globex", 10)).isEqualTo(2);
      assertThat(items(acme)).extracting(BatchItem::isPurged).containsOnly(false);
      assertThat(items(globex)).extracting(BatchItem::isPurged).containsOnly(true);
    }

    @Test
    void isTheEndOfRetries() {
      long batch = withPayloads(2);
      pass(WEEK.plusMillis(1));
      purge(null, 1);

      assertThatThrownBy(() -> retryFailed(batch))
          .isInstanceOf(IllegalTransitionException.class)
          .hasMessageContaining(header(batch).id().toString())
          .hasMessageContaining("its payloads were purged");
      assertThat(state(batch)).isEqualTo(BatchState.COMPLETED);
      assertThat(job(batch).counts().failed()).isEqualTo(1);
    }

    @Test
    void leavesABatchAloneThatWasTakenUpAgain() {
      long batch = withPayloads(2);
      pass(WEEK.plusMillis(1));
      retryFailed(batch);

      assertThat(purge(null, 10)).isZero();
      TestSession session = session();
      session.finish(session.claim(1));
      end(batch);
      assertThat(purge(null, 10)).as("of its new end").isZero();
      assertThat(items(batch)).extracting(BatchItem::state).containsOnly(ItemState.SUCCEEDED);
    }

    @Test
    void isOverWithTheBatch() {
      long batch = withPayloads(2);
      pass(WEEK.plusMillis(1));
      store.steering().hide(header(batch).id(), null, NewBatches.by("admin"));

      assertThat(purge(null, 10)).isZero();
    }
  }
}
