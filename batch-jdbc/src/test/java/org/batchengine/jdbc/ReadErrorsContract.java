package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The errors of an item are read, and those of a batch in groups. */
abstract class ReadErrorsContract extends StoreContract {

  ReadErrorsContract(Supplier<StoreUnderTest> opener) {
    super(opener);
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
    @Tag("slow")
    @DisplayName("REQ-D4 of more than 100,000 failures, those with the highest indexes are read")
    void areOfTheNewestHundredThousandFailures() {
      int items = 100_003;
      long batch = submit(items);
      TestSession session = session();
      session.claim(items);
      for (int from = 0; from < items; from += 20_000) {
        SettlementDraft draft = SettlementDraft.of();
        for (int index = from; index < Math.min(items, from + 20_000); index++) {
          String type = index < 4 ? "OLD" : "NEW";
          draft.failed(batch, index, ItemError.of(1, type, "", now()));
        }
        session.settle(draft);
      }
      List<ErrorGroup> groups = store.reading().errorGroups(header(batch), 10);

      assertThat(groups).extracting(ErrorGroup::type).containsExactly("NEW", "OLD");
      assertThat(groups).extracting(ErrorGroup::count).containsExactly(99_999L, 1L);
      assertThat(groups.get(0).share()).isCloseTo(0.99999, within(1e-9));
    }

    @Test
    void areNoneWithoutFailures() {
      assertThat(store.reading().errorGroups(header(submit(1)), 10)).isEmpty();
    }
  }
}
