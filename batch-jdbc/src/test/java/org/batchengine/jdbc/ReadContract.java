package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Batches and items are found, shown and hidden. */
abstract class ReadContract extends StoreContract {
  private static final BatchId UNKNOWN = BatchId.of(new UUID(1, 2));

  ReadContract(Supplier<StoreUnderTest> opener) {
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
      store.submitting().finish(number, session.id());

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

      // 10 to 19 were split off; one of them is claimed with the retry.
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(20, 9, 5, 1, 1, 1, 1, 1, 1));
    }

    @Test
    @DisplayName("REQ-U14 a status is of one snapshot")
    void countsAddUpWhileOthersWrite() {
      long batch = submit(2_000);
      TestSession session = session();
      List<BatchJob> seen = new ArrayList<>();
      Together.call(
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
                  "json",
                  "text",
                  false,
                  null,
                  null,
                  1));
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

  @Nested
  class Errors {
    @Test
    void areShownFirstToLast() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(
          SettlementDraft.of()
              .failure(batch, 0, error(1, "first"))
              .parked(batch, 0, NOW)
              .removed(chunk));
      ClaimedItem second = session.claimRetry();
      session.settle(
          SettlementDraft.of().failure(batch, 0, error(2, "second")).parkedAgain(second, NOW));
      ClaimedItem third = session.claimRetry();
      session.settle(
          SettlementDraft.of()
              .failure(batch, 0, error(3, "third"))
              .outcome(third, ItemState.FAILED));

      assertThat(store.reading().errors(header(batch), 0))
          .extracting(ItemError::message)
          .containsExactly("first", "second", "third");
      assertThat(
              store.reading().item(header(batch), 0).orElseThrow().error().map(ItemError::message))
          .contains("third");
    }

    @Test
    void areNoneOfAnItemWithoutAny() {
      long batch = submit(1);

      assertThat(store.reading().errors(header(batch), 0)).isEmpty();
      assertThat(store.reading().errors(header(batch), 5)).isEmpty();
    }
  }

  @Nested
  class Groups {
    @Test
    @DisplayName("REQ-D4 REQ-D7 failures are grouped, with counts and shares of the failures")
    void areOfTheLastErrorsOfFailedItems() {
      long batch = submit(6);
      TestSession session = session();
      session.claim(6);
      session.settle(
          SettlementDraft.of()
              .failed(batch, 0, error(1, "code 1"))
              .failed(batch, 1, ItemError.of(1, "TIMEOUT", "slow", now()))
              .failed(batch, 2, error(1, "code 2")));
      passMoment();
      session.settle(
          SettlementDraft.of()
              .failed(batch, 3, error(1, "code 3"))
              .failure(batch, 4, error(1, "code 4"))
              .parked(batch, 4, EXPIRY)
              .succeeded(batch, 5));
      List<ErrorGroup> groups = store.reading().errorGroups(header(batch), 10);

      assertThat(groups).extracting(ErrorGroup::count).containsExactly(3L, 1L);
      ErrorGroup first = groups.get(0);
      assertThat(first.fingerprint()).isEqualTo(error(1, "code 9").fingerprint());
      assertThat(first.type()).isEqualTo("E_TEST");
      assertThat(first.sample()).startsWith("code ");
      assertThat(first.share()).isCloseTo(0.75, within(1e-9));
      assertThat(first.latestAt()).isEqualTo(now());
      assertThat(groups.get(1).share()).isCloseTo(0.25, within(1e-9));
      assertThat(groups.get(1).latestAt()).isEqualTo(now().minusMillis(1));
    }

    @Test
    void countTheLastErrorOfAnItemOnly() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(
          SettlementDraft.of()
              .failure(batch, 0, ItemError.of(1, "FIRST", "", now()))
              .parked(batch, 0, NOW)
              .removed(chunk));
      ClaimedItem retry = session.claimRetry();
      session.settle(
          SettlementDraft.of()
              .failure(batch, 0, ItemError.of(2, "LAST", "", now()))
              .outcome(retry, ItemState.FAILED));

      assertThat(store.reading().errorGroups(header(batch), 10))
          .extracting(ErrorGroup::type)
          .containsExactly("LAST");
    }

    @Test
    void areAtMostAsManyAsAskedFor() {
      long batch = submit(3);
      TestSession session = session();
      session.claim(3);
      session.settle(
          SettlementDraft.of()
              .failed(batch, 0, ItemError.of(1, "RARE", "", now()))
              .failed(batch, 1, ItemError.of(1, "OFTEN", "", now()))
              .failed(batch, 2, ItemError.of(1, "OFTEN", "", now())));

      assertThat(store.reading().errorGroups(header(batch), 1))
          .extracting(ErrorGroup::type)
          .containsExactly("OFTEN");
    }

    @Test
    void areNoneWithoutFailures() {
      assertThat(store.reading().errorGroups(header(submit(1)), 10)).isEmpty();
    }
  }

  @Nested
  class Hide {
    @Test
    void takesABatchOutOfSight() {
      NewBatch batch = NewBatches.any().idempotencyKey("key").build();
      submit(batch, List.of());

      assertThat(store.steering().hide(batch.id(), null, "admin")).isTrue();
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
      store.steering().hide(batch.id(), null, "admin");
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
      store.steering().hide(batch.id(), null, "admin");
      submit(batch, NewBatches.items(1));

      assertThat(job(batch.id()).counts().total()).isEqualTo(1);
    }

    @Test
    void isFalseOfABatchThatIsNotThere() {
      NewBatch batch = NewBatches.any().build();
      submit(batch, List.of());
      store.steering().hide(batch.id(), null, "admin");

      assertThat(store.steering().hide(UNKNOWN, null, "admin")).isFalse();
      assertThat(store.steering().hide(batch.id(), null, "admin")).isFalse();
    }

    @Test
    void isFalseOfAnotherTenantsBatch() {
      NewBatch batch = NewBatches.any().tenant("acme").build();
      submit(batch, List.of());

      assertThat(store.steering().hide(batch.id(), "globex", "admin")).isFalse();
      assertThat(store.reading().find(batch.id(), "acme")).isPresent();
      assertThat(store.steering().hide(batch.id(), "acme", "admin")).isTrue();
    }

    @Test
    void refusesABatchThatHasNotEnded() {
      NewBatch waiting = NewBatches.any().build();
      submit(waiting, NewBatches.items(1));
      NewBatch submitting = NewBatches.any().build();
      store.submitting().begin(submitting, session().id());

      assertThatThrownBy(() -> store.steering().hide(waiting.id(), null, "admin"))
          .isInstanceOf(IllegalTransitionException.class)
          .hasMessageContaining(waiting.id().toString());
      assertThatThrownBy(() -> store.steering().hide(submitting.id(), null, "admin"))
          .isInstanceOf(IllegalTransitionException.class);
      assertThat(store.reading().find(waiting.id(), null)).isPresent();
    }
  }
}
