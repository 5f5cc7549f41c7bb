package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.batchengine.model.BatchState;
import org.batchengine.model.InputVersion;
import org.batchengine.model.ItemState;
import org.batchengine.model.StateChange;
import org.batchengine.store.Actor;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.Steering;
import org.batchengine.store.StoredInput;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Failed items that run again with other inputs. */
@DisplayName("REQ-M7 corrected inputs")
abstract class CorrectContract extends StoreContract {
  CorrectContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  /** A batch of three items that has ended; all but the first have failed. */
  private long ended() {
    long batch = submit(3);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(3);
    session.settle(
        SettlementDraft.of()
            .succeeded(batch, 0)
            .failed(batch, 1, error(1, "no"))
            .failed(batch, 2, error(1, "no"))
            .removed(chunk));
    store.sessions().release(session.id());
    assertThat(completeIfDone(batch)).isPresent();
    return batch;
  }

  private StateChange correct(long batch, int index, String input) {
    return correct(batch, List.of(page(index, input)).iterator());
  }

  private StateChange correct(long batch, Iterator<SortedMap<Integer, String>> pages) {
    return store
        .steering()
        .retryCorrected(
            new Steering(header(batch).id(), null, new Actor("alice", "node"), "it was wrong"),
            pages)
        .orElseThrow();
  }

  private static SortedMap<Integer, String> page(int index, String input) {
    SortedMap<Integer, String> page = new TreeMap<>();
    page.put(index, input);
    return page;
  }

  private String loaded(ClaimedItem item) {
    return store.claiming().load(List.of(item)).get(0).input();
  }

  private List<String> events(long batch) {
    return under.events(batch).stream().map(StoreUnderTest.Event::kind).toList();
  }

  @Test
  @DisplayName("REQ-M7 a failed item runs again with its new input; the first one is kept")
  void areRun() {
    long batch = ended();
    String first = item(batch, 1).input();
    StateChange change = correct(batch, 1, "fixed");

    assertThat(change.items()).isEqualTo(1);
    assertThat(change.after()).isEqualTo(BatchState.RUNNING);
    TestSession session = session();
    ClaimedItem retry = session.claimRetry();
    assertThat(retry.index()).isEqualTo(1);
    assertThat(loaded(retry)).isEqualTo("fixed");
    session.settle(SettlementDraft.of().outcome(retry, ItemState.SUCCEEDED));
    completeIfDone(batch);
    assertThat(item(batch, 1).input()).isEqualTo("fixed");
    assertThat(item(batch, 1).originalInput()).isEqualTo(first);
    assertThat(item(batch, 2).state()).isEqualTo(ItemState.FAILED);
    assertThat(item(batch, 2).originalInput()).isEqualTo(item(batch, 2).input());
    assertThat(store.reading().page(header(batch), 1, 1, 1 << 20).get(0).input())
        .isEqualTo("fixed");
    assertThat(events(batch))
        .containsSubsequence("COMPLETED", "REOPENED", "CORRECTED", "COMPLETED");
  }

  @Test
  void areAllKept() {
    long batch = ended();
    String first = item(batch, 1).input();
    passMoment();
    correct(batch, 1, "second");
    TestSession session = session();
    ClaimedItem retry = session.claimRetry();
    session.settle(
        SettlementDraft.of()
            .failure(batch, 1, error(2, "still no"))
            .outcome(retry, ItemState.FAILED));
    completeIfDone(batch);
    correct(batch, 1, "third");

    assertThat(store.reading().inputs(header(batch), 1))
        .extracting(InputVersion::attempt, InputVersion::input)
        .containsExactly(tuple(1, first), tuple(2, "second"), tuple(3, "third"));
    assertThat(store.reading().inputs(header(batch), 1).get(1).actor()).contains("alice");
    assertThat(store.reading().inputs(header(batch), 7)).isEmpty();
    assertThat(loaded(session.claimRetry())).isEqualTo("third");
  }

  @Test
  void areForFailedItemsAlone() {
    long batch = ended();
    StateChange change = correct(batch, 0, "not for you");

    assertThat(change.changed()).isFalse();
    assertThat(store.reading().inputs(header(batch), 0)).hasSize(1);
    assertThat(job(batch).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(events(batch)).doesNotContain("CORRECTED");
  }

  /** Of a live batch, what is parked already waits for a retry with the input that it has. */
  @Test
  void areNotForItemsThatWait() {
    long batch = park(Duration.ZERO);
    String first = item(batch, 0).input();

    assertThat(correct(batch, 0, "not for you").changed()).isFalse();
    assertThat(loaded(session().claimRetry())).isEqualTo(first);
  }

  @Test
  void areOneRunHoweverManyPages() {
    long batch = ended();
    StateChange change = correct(batch, List.of(page(1, "one"), page(2, "two")).iterator());

    assertThat(change.items()).isEqualTo(2);
    assertThat(job(batch).run()).isEqualTo(2);
    List<String> inputs = new ArrayList<>();
    TestSession session = session();
    session.claim(4).parked().forEach(item -> inputs.add(loaded(item)));
    assertThat(inputs).containsExactlyInAnyOrder("one", "two");
    assertThat(events(batch)).containsOnlyOnce("CORRECTED", "REOPENED");
  }

  @Test
  void whoseMakerFailsKeepNoBatchFromEnding() {
    long batch = ended();
    Iterator<SortedMap<Integer, String>> failing =
        new Iterator<>() {
          private int pages;

          @Override
          public boolean hasNext() {
            return true;
          }

          @Override
          public SortedMap<Integer, String> next() {
            if (pages++ > 0) {
              throw new IllegalStateException("the host's own");
            }
            return page(1, "one");
          }
        };

    assertThatThrownBy(() -> correct(batch, failing)).isInstanceOf(IllegalStateException.class);
    TestSession session = session();
    session.finish(session.claim(4));
    completeIfDone(batch);
    assertThat(job(batch).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  void outliveTheNodeThatRunsThem() {
    long batch = ended();
    correct(batch, 1, "fixed");
    TestSession session = session();
    session.claimRetry();
    kill(session);

    assertThat(loaded(session().claimRetry())).isEqualTo("fixed");
  }

  @Test
  void areRemovedWithTheirBatch() {
    long batch = ended();
    correct(batch, 1, "fixed");
    TestSession session = session();
    session.finish(session.claim(4));
    completeIfDone(batch);
    passMoment();
    store.sweeping().purgePayloads(Duration.ZERO, null, new Actor(null, "node"), 100);
    assertThat(item(batch, 1).isPurged()).isTrue();
    assertThat(store.reading().inputs(header(batch), 1))
        .extracting(InputVersion::input)
        .containsExactly("");
    store.steering().hide(header(batch).id(), null, new Actor(null, "node"));
    while (store.sweeping().removeHidden(100)) {}

    assertThat(under.rows(batch)).isZero();
  }

  @Test
  void areLoadedInChunksAsTheyWere() {
    long batch = submit(1);
    StoredInput input = store.claiming().load(session().claimChunk(1)).get(0);

    assertThat(input.input()).isEqualTo(item(batch, 0).originalInput());
  }
}
