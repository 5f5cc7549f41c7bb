package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.ItemQuery;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A batch that is hidden is gone for every reader, and its id and key are free. */
abstract class HideContract extends StoreContract {

  HideContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Hide {
    @Test
    void takesABatchOutOfSight() {
      NewBatch batch = NewBatches.any().idempotencyKey("key").build();
      submit(batch, List.of());

      assertThat(store.steering().hide(batch.id(), null, NewBatches.by("admin"))).isTrue();
      assertThat(store.reading().find(batch.id(), null)).isEmpty();
      assertThat(store.reading().header(batch.id(), null)).isEmpty();
      assertThat(store.reading().findByKey("default", "key")).isEmpty();
      assertThat(store.reading().states(List.of(batch.id()))).isEmpty();
      assertThat(store.reading().history(HistoryQuery.all()).items()).isEmpty();
    }

    @Test
    @DisplayName("FAULT-X2 what reads on through a header from before finds nothing more")
    void endsReadingThroughAHeader() {
      NewBatch batch = NewBatches.any().build();
      long number = submit(batch, List.of(new NewItem("a", "1"), new NewItem("b", "2")));
      TestSession session = session();
      session.finish(session.claimChunk(2));
      completeIfDone(number);
      BatchHeader header = header(number);
      store.steering().hide(batch.id(), null, NewBatches.by("admin"));
      for (boolean isLeft = true; isLeft; isLeft = store.sweeping().removeHidden(1)) {
        assertThat(store.reading().items(header, ItemQuery.all()).items()).isEmpty();
        assertThat(store.reading().item(header, 0)).isEmpty();
        assertThat(store.reading().item(header, "a")).isEmpty();
        assertThat(store.reading().settled(header, 0, 10)).isEmpty();
      }

      assertThat(store.reading().items(header, ItemQuery.all()).items()).isEmpty();
      assertThat(store.reading().item(header, "a")).isEmpty();
      assertThat(store.reading().settled(header, 0, 10)).isEmpty();
      assertThat(store.reading().errors(header, 0)).isEmpty();
      assertThat(store.reading().errorGroups(header, 10)).isEmpty();
    }

    @Test
    void freesTheKeyAndTheId() {
      NewBatch batch = NewBatches.any().idempotencyKey("key").build();
      submit(batch, List.of());
      store.steering().hide(batch.id(), null, NewBatches.by("admin"));
      submit(batch, NewBatches.items(1));

      assertThat(job(batch.id()).counts().total()).isEqualTo(1);
    }

    @Test
    void isFalseOfABatchThatIsNotThere() {
      NewBatch batch = NewBatches.any().build();
      submit(batch, List.of());
      store.steering().hide(batch.id(), null, NewBatches.by("admin"));

      assertThat(store.steering().hide(UNKNOWN, null, NewBatches.by("admin"))).isFalse();
      assertThat(store.steering().hide(batch.id(), null, NewBatches.by("admin"))).isFalse();
    }

    @Test
    void isFalseOfAnotherTenantsBatch() {
      NewBatch batch = NewBatches.any().tenant("acme").build();
      submit(batch, List.of());

      assertThat(store.steering().hide(batch.id(), "globex", NewBatches.by("admin"))).isFalse();
      assertThat(store.reading().find(batch.id(), "acme")).isPresent();
      assertThat(store.steering().hide(batch.id(), "acme", NewBatches.by("admin"))).isTrue();
    }

    @Test
    void refusesABatchThatHasNotEnded() {
      NewBatch waiting = NewBatches.any().build();
      submit(waiting, NewBatches.items(1));
      NewBatch submitting = NewBatches.any().build();
      store.submitting().begin(submitting, session().id());

      assertThatThrownBy(() -> store.steering().hide(waiting.id(), null, NewBatches.by("admin")))
          .isInstanceOf(IllegalTransitionException.class)
          .hasMessageContaining(waiting.id().toString());
      assertThatThrownBy(() -> store.steering().hide(submitting.id(), null, NewBatches.by("admin")))
          .isInstanceOf(IllegalTransitionException.class);
      assertThat(store.reading().find(waiting.id(), null)).isPresent();
    }
  }
}
