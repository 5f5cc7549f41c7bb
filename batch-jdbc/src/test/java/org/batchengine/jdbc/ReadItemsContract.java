package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchPage;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Items are read by index and by key, by state and by error, page by page. */
abstract class ReadItemsContract extends StoreContract {

  ReadItemsContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Items {
    @Test
    void areShownByIndexPageByPage() {
      long batch = submit(25);
      List<Integer> seen = new ArrayList<>();
      ItemQuery query = ItemQuery.all().limit(10);
      BatchPage<BatchItem<String, String>> page = store.reading().items(header(batch), query);
      page.forEach(item -> seen.add(item.index()));
      int pages = 1;
      while (page.next().isPresent()) {
        page = store.reading().items(header(batch), query.after(page.next().get()));
        page.forEach(item -> seen.add(item.index()));
        pages++;
      }

      assertThat(pages).isEqualTo(3);
      assertThat(seen).isSorted().hasSize(25).doesNotHaveDuplicates();
    }

    @Test
    void haveNoNextPageWhenThePageIsJustFull() {
      long batch = submit(10);

      assertThat(store.reading().items(header(batch), ItemQuery.all().limit(10)).next()).isEmpty();
      assertThat(store.reading().items(header(batch), ItemQuery.all().limit(10)).filter())
          .isEqualTo(ItemQuery.all().limit(10).toMap());
    }

    @Test
    void areOfTheirBatchAlone() {
      submit(3);
      long batch = submit(2);
      submit(4);

      assertThat(store.reading().items(header(batch), ItemQuery.all()).items()).hasSize(2);
    }

    @Test
    @DisplayName("REQ-B3 items are found by their state, whatever it is")
    void areFoundByState() {
      long batch = mixed();

      assertThat(inState(batch, ItemState.PENDING)).containsExactly(8, 9);
      assertThat(inState(batch, ItemState.RUNNING)).containsExactly(4, 6, 7);
      assertThat(inState(batch, ItemState.RETRYING)).containsExactly(5);
      assertThat(inState(batch, ItemState.DEFERRED)).isEmpty();
      assertThat(inState(batch, ItemState.SUCCEEDED)).containsExactly(0);
      assertThat(inState(batch, ItemState.FAILED)).containsExactly(1);
      assertThat(inState(batch, ItemState.SKIPPED)).containsExactly(2);
      assertThat(inState(batch, ItemState.CANCELLED)).containsExactly(3);
      assertThat(inState(batch, ItemState.FAILED, ItemState.SUCCEEDED)).containsExactly(0, 1);
      assertThat(inState(batch, ItemState.RUNNING, ItemState.RETRYING)).containsExactly(4, 5, 6, 7);
      assertThat(inState(batch, ItemState.PENDING, ItemState.RUNNING))
          .containsExactly(4, 6, 7, 8, 9);
      assertThat(inState(batch, ItemState.PENDING, ItemState.FAILED)).containsExactly(1, 8, 9);
    }

    @Test
    void areFoundByStatePageByPage() {
      long batch = submit(50);
      TestSession session = session();
      session.claim(50);
      SettlementDraft draft = SettlementDraft.of();
      for (int index = 0; index < 50; index += 2) {
        draft.succeeded(batch, index);
      }
      session.settle(draft);
      ItemQuery query = ItemQuery.inState(ItemState.SUCCEEDED).limit(20);
      BatchPage<BatchItem<String, String>> first = store.reading().items(header(batch), query);
      BatchPage<BatchItem<String, String>> second =
          store.reading().items(header(batch), query.after(first.next().orElseThrow()));

      assertThat(first.items()).hasSize(20);
      assertThat(second).extracting(BatchItem::index).containsExactly(40, 42, 44, 46, 48);
      assertThat(second.next()).isEmpty();
    }

    @Test
    @DisplayName("REQ-D7 items are found by their latest error")
    void areFoundByTheirLatestError() {
      long batch = submit(3);
      TestSession session = session();
      session.claim(3);
      ItemError timeout = ItemError.of(1, "TIMEOUT", "after 30 s", now());
      ItemError refused = ItemError.of(1, "REFUSED", "by 10.0.0.1", now());
      ItemError later = ItemError.of(2, "REFUSED", "by 10.0.0.2", now());
      session.settle(
          SettlementDraft.of()
              .failed(batch, 0, timeout)
              .failed(batch, 1, refused)
              .failure(batch, 2, timeout)
              .parked(batch, 2, NOW));
      ClaimedItem retry = session.claimRetry();
      session.settle(
          SettlementDraft.of().failure(batch, 2, later).outcome(retry, ItemState.FAILED));

      assertThat(found(batch, ItemQuery.all().errorType("TIMEOUT"))).containsExactly(0);
      assertThat(found(batch, ItemQuery.all().errorType("REFUSED"))).containsExactly(1, 2);
      assertThat(found(batch, ItemQuery.all().errorFingerprint(refused.fingerprint())))
          .containsExactly(1, 2);
      assertThat(found(batch, ItemQuery.inState(ItemState.SUCCEEDED).errorType("REFUSED")))
          .isEmpty();
    }

    @Test
    void areFoundByWhenTheyWereSettled() {
      long batch = submit(4);
      TestSession session = session();
      session.claim(4);
      ItemError failure = error(1, "no");
      session.settle(SettlementDraft.of().succeeded(batch, 0).failed(batch, 1, failure));
      passMoment();
      session.settle(SettlementDraft.of().succeeded(batch, 2).failed(batch, 3, failure));
      Instant from = store.reading().item(header(batch), 3).orElseThrow().settledAt().orElseThrow();

      assertThat(found(batch, ItemQuery.all().settledAfter(from))).containsExactly(2, 3);
      assertThat(found(batch, ItemQuery.inState(ItemState.FAILED).settledAfter(from)))
          .containsExactly(3);
      assertThat(found(batch, ItemQuery.inState(ItemState.SUCCEEDED).settledAfter(from)))
          .containsExactly(2);
      assertThat(
              found(
                  batch, ItemQuery.inState(ItemState.FAILED, ItemState.RUNNING).settledAfter(from)))
          .containsExactly(3);
      assertThat(found(batch, ItemQuery.all().settledAfter(from.plusSeconds(1)))).isEmpty();
    }

    @Test
    void areFoundByIndexAndByKey() {
      NewBatch batch = NewBatches.any().build();
      long number = submit(batch, List.of(new NewItem("a", "1"), new NewItem(null, "2")));
      BatchHeader header = header(number);

      assertThat(store.reading().item(header, 0))
          .contains(BatchItem.builder(batch.id(), 0).key("a").input("1").createdAt(now()).build());
      assertThat(store.reading().item(header, "a")).isEqualTo(store.reading().item(header, 0));
      assertThat(store.reading().item(header, 1).orElseThrow().key()).isEmpty();
      assertThat(store.reading().item(header, 2)).isEmpty();
      assertThat(store.reading().item(header, -1)).isEmpty();
      assertThat(store.reading().item(header, "b")).isEmpty();
    }

    @Test
    void areNotFoundByTheKeyOfAnotherBatch() {
      submit(NewBatches.any().build(), List.of(new NewItem("a", "1")));
      long other = submit(NewBatches.any().build(), List.of(new NewItem("b", "1")));

      assertThat(store.reading().item(header(other), "a")).isEmpty();
    }

    /** 0 to 3 settled, 4 owned as a retry, 5 retrying, 6 and 7 in an owned chunk, 8, 9 pending. */
    private long mixed() {
      long batch = submit(10);
      TestSession session = session();
      session.claim(8);
      session.settle(
          SettlementDraft.of()
              .succeeded(batch, 0)
              .failed(batch, 1, error(1, "no"))
              .outcome(batch, 2, ItemState.SKIPPED)
              .outcome(batch, 3, ItemState.CANCELLED)
              .parked(batch, 4, NOW)
              .parked(batch, 5, EXPIRY));
      session.claim("annotate", 1, 1);
      return batch;
    }

    private List<Integer> inState(long batch, ItemState... states) {
      return found(batch, ItemQuery.inState(states));
    }

    private List<Integer> found(long batch, ItemQuery query) {
      return store.reading().items(header(batch), query).items().stream()
          .map(BatchItem::index)
          .toList();
    }
  }

  @Nested
  class Settled {
    @Test
    void areShownByIndexFromAPlaceOn() {
      long batch = submit(10);
      TestSession session = session();
      session.claim(10);
      session.settle(SettlementDraft.of().succeeded(batch, 7, 1, 5, 3).parked(batch, 4, NOW));

      assertThat(settled(batch, 0, 100)).containsExactly(1, 3, 5, 7);
      assertThat(settled(batch, 3, 100)).containsExactly(3, 5, 7);
      assertThat(settled(batch, 2, 2)).containsExactly(3, 5);
      assertThat(settled(batch, 8, 100)).isEmpty();
    }

    @Test
    void areShownWhole() {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);
      session.settle(SettlementDraft.of().output(batch, 0, "out").failed(batch, 1, error(1, "no")));

      assertThat(store.reading().settled(header(batch), 0, 10))
          .isEqualTo(store.reading().items(header(batch), ItemQuery.all()).items());
    }

    private List<Integer> settled(long batch, int from, int limit) {
      return store.reading().settled(header(batch), from, limit).stream()
          .map(BatchItem::index)
          .toList();
    }
  }
}
