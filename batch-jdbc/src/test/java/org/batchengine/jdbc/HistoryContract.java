package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.store.NewBatch;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Batches are listed, newest first, filtered and page by page. */
abstract class HistoryContract extends StoreContract {

  HistoryContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class History {
    @Test
    void isNewestFirst() {
      List<BatchId> ids = submitMany(3);

      assertThat(found(HistoryQuery.all())).containsExactly(ids.get(2), ids.get(1), ids.get(0));
    }

    @Test
    @DisplayName("REQ-M10 history is shown page by page, by cursor")
    void goesOnAtACursor() {
      List<BatchId> ids = submitMany(5);
      List<BatchId> seen = new ArrayList<>();
      HistoryQuery query = HistoryQuery.all().limit(2);
      BatchPage<BatchJob> page = store.reading().history(query);
      page.forEach(job -> seen.add(job.id()));
      while (page.next().isPresent()) {
        submitMany(1);
        page = store.reading().history(query.after(page.next().get()));
        page.forEach(job -> seen.add(job.id()));
      }

      assertThat(seen).containsExactly(ids.get(4), ids.get(3), ids.get(2), ids.get(1), ids.get(0));
    }

    @Test
    @DisplayName("REQ-M10 history is shown page by page, by offset")
    void passesOverAnOffset() {
      List<BatchId> ids = submitMany(5);

      assertThat(found(HistoryQuery.all().offset(3))).containsExactly(ids.get(1), ids.get(0));
      assertThat(found(HistoryQuery.all().offset(5))).isEmpty();
    }

    @Test
    void hasNoNextPageWhenThePageIsJustFull() {
      submitMany(2);

      assertThat(store.reading().history(HistoryQuery.all().limit(2)).next()).isEmpty();
      assertThat(store.reading().history(HistoryQuery.all().limit(1)).next()).isPresent();
    }

    @Test
    void saysWhatItWasFilteredBy() {
      HistoryQuery query = HistoryQuery.all().tenant("acme").limit(7);

      assertThat(store.reading().history(query).filter()).isEqualTo(query.toMap());
    }

    @Test
    void refusesACursorThatItDidNotGive() {
      assertThatThrownBy(
              () -> store.reading().history(HistoryQuery.all().after("'; drop table batch_job")))
          .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("REQ-M10 history is filtered by each of its conditions")
    void isFilteredByEachCondition() {
      NewBatch one =
          NewBatches.any()
              .type("report")
              .tenant("acme")
              .submittedBy("alice")
              .name("Invoices 100%_a")
              .idempotencyKey("key")
              .build();
      submit(one, List.of());
      pass(Duration.ofHours(1));
      NewBatch other = NewBatches.any().name("Bills 1000 a").submittedBy("bob").build();
      submit(other, NewBatches.items(1));

      assertThat(found(HistoryQuery.all().type("report", "export"))).containsExactly(one.id());
      assertThat(found(HistoryQuery.all().type("report", "annotate"))).hasSize(2);
      assertThat(found(HistoryQuery.all().state(BatchState.COMPLETED))).containsExactly(one.id());
      assertThat(found(HistoryQuery.all().state(BatchState.COMPLETED, BatchState.PENDING)))
          .hasSize(2);
      assertThat(found(HistoryQuery.all().tenant("acme"))).containsExactly(one.id());
      assertThat(found(HistoryQuery.all().submittedBy("bob"))).containsExactly(other.id());
      assertThat(found(HistoryQuery.all().idempotencyKey("key"))).containsExactly(one.id());
      assertThat(found(HistoryQuery.all().createdAfter(now()))).containsExactly(other.id());
      assertThat(found(HistoryQuery.all().createdBefore(now()))).containsExactly(one.id());
      assertThat(found(HistoryQuery.all().tenant("acme").submittedBy("bob"))).isEmpty();
    }

    @Test
    @DisplayName("FAULT-S1 a part of a name means itself, in any case")
    void takesPartsOfNamesAsTheyStand() {
      NewBatch one = NewBatches.any().name("Invoices 100%_\\a").build();
      submit(one, List.of());
      submit(NewBatches.any().name("Invoices 1000 ba").build(), List.of());
      submit(NewBatches.any().build(), List.of());

      assertThat(found(HistoryQuery.all().nameContains("iNVOICES"))).hasSize(2);
      assertThat(found(HistoryQuery.all().nameContains("100%"))).containsExactly(one.id());
      assertThat(found(HistoryQuery.all().nameContains("%_"))).containsExactly(one.id());
      assertThat(found(HistoryQuery.all().nameContains("\\a"))).containsExactly(one.id());
      assertThat(found(HistoryQuery.all().nameContains("'"))).isEmpty();
    }

    @Test
    void showsCountsOfEachBatch() {
      long batch = submit(3);
      submit(5);
      TestSession session = session();
      session.finish(session.claim("annotate", 1, 1));

      assertThat(store.reading().history(HistoryQuery.all()))
          .extracting(BatchJob::counts)
          .containsExactlyInAnyOrder(
              new BatchCounts(3, 2, 0, 0, 0, 1, 0, 0, 0),
              new BatchCounts(5, 5, 0, 0, 0, 0, 0, 0, 0));
      assertThat(job(batch).counts().succeeded()).isEqualTo(1);
    }

    private List<BatchId> submitMany(int count) {
      List<BatchId> ids = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        NewBatch batch = NewBatches.any().build();
        submit(batch, NewBatches.items(1));
        passMoment();
        ids.add(batch.id());
      }
      return ids;
    }

    private List<BatchId> found(HistoryQuery query) {
      return store.reading().history(query).items().stream().map(BatchJob::id).toList();
    }
  }
}
