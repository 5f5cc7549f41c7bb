package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.NewBatch;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A batch is found by its id and by its key, if the tenant may see it. */
abstract class FindContract extends StoreContract {

  FindContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Find {
    @Test
    @DisplayName("REQ-B11 an unknown id is not found")
    void isEmptyOfAnUnknownId() {
      assertThat(store.reading().find(UNKNOWN, null)).isEmpty();
      assertThat(store.reading().header(UNKNOWN, null)).isEmpty();
      assertThat(store.reading().findByKey("default", "unknown")).isEmpty();
    }

    @Test
    @DisplayName("REQ-M20 the batch of another tenant is not found")
    void isEmptyOfAnotherTenantsBatch() {
      NewBatch batch = NewBatches.any().tenant("acme").idempotencyKey("key").build();
      submit(batch, NewBatches.items(1));

      assertThat(store.reading().find(batch.id(), "globex")).isEmpty();
      assertThat(store.reading().header(batch.id(), "globex")).isEmpty();
      assertThat(store.reading().findByKey("globex", "key")).isEmpty();
      assertThat(store.reading().find(batch.id(), "acme")).isPresent();
      assertThat(store.reading().header(batch.id(), "acme")).isPresent();
      assertThat(store.reading().findByKey("acme", "key")).isPresent();
    }

    @Test
    void findsByKeyInWhateverState() {
      NewBatch batch = NewBatches.any().idempotencyKey("key").build();
      TestSession session = session();
      long number = number(store.submitting().begin(batch, session.id()));
      assertThat(store.reading().findByKey("default", "key").orElseThrow().state())
          .isEqualTo(BatchState.SUBMITTING);
      store.submitting().finish(number, session.id(), NewBatches.by("alice"));

      assertThat(store.reading().findByKey("default", "key").orElseThrow().state())
          .isEqualTo(BatchState.COMPLETED);
    }

    @Test
    @DisplayName("REQ-U4 counts add up in every state of the items")
    void countsEveryState() {
      long batch = submit(20);
      TestSession session = session();
      session.claim(10);
      session.settle(
          SettlementDraft.of()
              .succeeded(batch, 0)
              .outcome(batch, 1, ItemState.FAILED)
              .outcome(batch, 2, ItemState.SKIPPED)
              .outcome(batch, 3, ItemState.CANCELLED)
              .parked(batch, 4, NOW)
              .parked(batch, 5, EXPIRY)
              .parked(batch, 6, EXPIRY));
      session.claimRetry();
      under.defer(batch, 6);

      // 10 to 19 were split off.
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(20, 10, 4, 1, 1, 1, 1, 1, 1));
    }

    @Test
    @DisplayName("REQ-U14 a status is of one snapshot")
    void countsAddUpWhileOthersWrite() {
      long batch = submit(2_000);
      TestSession session = session();
      List<BatchJob> seen = new ArrayList<>();
      Concurrently.call(
          () -> {
            for (int i = 0; i < 100; i++) {
              seen.add(job(batch));
            }
            return true;
          },
          () -> {
            for (int i = 0; i < 40; i++) {
              ClaimedChunk chunk = session.claim("annotate", 50, 50).chunks().get(0);
              session.settle(
                  SettlementDraft.of()
                      .succeeded(batch, chunk.from())
                      .parked(batch, chunk.from() + 1, NOW));
            }
            return true;
          });

      assertThat(seen).extracting(job -> job.counts().total()).containsOnly(2_000L);
    }

    @Test
    void tellsWhenItWasRead() {
      long batch = submit(1);
      pass(Duration.ofMinutes(1));

      assertThat(job(batch).asOf()).isEqualTo(now());
      assertThat(job(batch).createdAt()).isEqualTo(now().minusSeconds(60));
    }

    @Test
    void keepsTimeToTheMicrosecond() {
      pass(Duration.ofNanos(123_456_789));
      long batch = submit(1);

      assertThat(job(batch).createdAt()).isEqualTo(now().minusNanos(789));
    }
  }

  @Nested
  class Header {
    @Test
    void tellsWhatNeverChanges() {
      NewBatch batch = NewBatches.any().metadata("{\"a\":1}").build();
      long number = submit(batch, NewBatches.items(1));

      assertThat(store.reading().header(batch.id(), null))
          .contains(
              new BatchHeader(
                  number,
                  batch.id(),
                  "annotate",
                  "default",
                  null,
                  5,
                  "{\"a\":1}",
                  null,
                  null,
                  null,
                  "text",
                  "text",
                  false,
                  null,
                  null,
                  1,
                  7,
                  0,
                  null,
                  null,
                  null));
    }
  }

  @Nested
  class Several {
    @Test
    void areFoundAtOnceEachAsAlone() {
      NewBatch empty = NewBatches.any().build();
      NewBatch waiting = NewBatches.any().build();
      submit(empty, List.of());
      submit(waiting, NewBatches.items(1));
      submit(NewBatches.any().build(), List.of());

      assertThat(store.reading().find(List.of(empty.id(), waiting.id(), UNKNOWN)))
          .extracting(BatchJob::id, BatchJob::counts)
          .containsExactlyInAnyOrder(
              tuple(empty.id(), store.reading().find(empty.id(), null).orElseThrow().counts()),
              tuple(waiting.id(), store.reading().find(waiting.id(), null).orElseThrow().counts()));
      assertThat(store.reading().find(List.of())).isEmpty();
    }
  }

  @Nested
  class States {
    @Test
    void areThoseOfTheBatchesThatExist() {
      NewBatch empty = NewBatches.any().build();
      NewBatch waiting = NewBatches.any().build();
      submit(empty, List.of());
      submit(waiting, NewBatches.items(1));

      assertThat(store.reading().states(List.of(empty.id(), waiting.id(), UNKNOWN)))
          .isEqualTo(Map.of(empty.id(), BatchState.COMPLETED, waiting.id(), BatchState.PENDING));
    }

    @Test
    void areNoneOfNoBatches() {
      assertThat(store.reading().states(List.of())).isEmpty();
    }
  }
}
