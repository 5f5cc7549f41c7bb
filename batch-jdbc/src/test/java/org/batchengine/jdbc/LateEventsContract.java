package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.store.NewBatch;
import org.batchengine.store.ReaderName;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Events of transactions that commit late, or while others give events their positions. */
abstract class LateEventsContract extends StoreContract {

  LateEventsContract(Supplier<JdbcUnderTest> opener) {
    super(opener::get);
  }

  private JdbcUnderTest jdbc() {
    return (JdbcUnderTest) under;
  }

  private long numbered() {
    return jdbc()
        .jdbi()
        .withHandle(
            handle ->
                handle
                    .select("select count(*) from batch_event where position is not null")
                    .mapTo(Long.class)
                    .one());
  }

  @Test
  @DisplayName("REQ-U13 an event that is committed after a read is not missed by the next one")
  void areNotMissed() throws Exception {
    NewBatch late = NewBatches.any().build();
    NewBatch quick = NewBatches.any().build();
    try (Handle host = jdbc().jdbi().open()) {
      host.begin();
      store
          .submitting()
          .submit(
              JdbcTransaction.of(host.getConnection()),
              late,
              List.of(NewBatches.items(1)).iterator());
      submit(quick, NewBatches.items(1)); // its event has a larger id
      FeedPage before = store.feed().read(0, 10, null);
      assertThat(before.events()).extracting(FeedEvent::batchId).containsExactly(quick.id());
      host.commit();

      FeedPage after = store.feed().read(before.position(), 10, null);
      assertThat(after.events())
          .extracting(FeedEvent::kind, FeedEvent::batchId, FeedEvent::position)
          .containsExactly(tuple(EventKind.SUBMITTED, late.id(), 2L));
    }
  }

  /** Another process has the lock, and has numbered the second event, before it saw the first. */
  @Test
  @DisplayName("REQ-U13 who waits for another to number goes on behind what that one has numbered")
  void areLookedForOnceTheLockIsTheirs() throws Exception {
    NewBatch first = NewBatches.any().build();
    NewBatch second = NewBatches.any().build();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (Handle other = jdbc().jdbi().open()) {
      submit(1);
      long before = store.feed().end();
      submit(first, NewBatches.items(1));
      submit(second, NewBatches.items(1));
      other.begin();
      other
          .select("select position from batch_reader where tenant = '' and name = '' for update")
          .mapTo(Long.class)
          .one();
      other.execute(
          "update batch_event set position = ? where batch_id = ?",
          before + 1,
          second.id().value());
      other.execute(
          "update batch_reader set position = ? where tenant = '' and name = ''", before + 1);
      Future<FeedPage> waiting = thread.submit(() -> store.feed().read(before, 10, null));
      assertThatThrownBy(() -> waiting.get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      other.commit();

      assertThat(waiting.get(30, TimeUnit.SECONDS).events())
          .extracting(FeedEvent::position, FeedEvent::batchId)
          .containsExactly(tuple(before + 1, second.id()), tuple(before + 2, first.id()));
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  @DisplayName("REQ-U13 a numberer that dies has numbered nothing")
  void haveNoPositionIfTheNumbererDies() {
    submit(1);
    try (Handle dying = jdbc().jdbi().open()) {
      dying.begin();
      dying.execute("update batch_reader set position = 1 where tenant = '' and name = ''");
      dying.execute("update batch_event set position = 1");
      dying.rollback();
    }

    assertThat(store.feed().read(0, 10, null).events())
        .extracting(FeedEvent::position)
        .containsExactly(1L);
  }

  @Test
  @DisplayName("REQ-U13 nothing is written while nobody reads, nor by a read without news")
  void areNumberedByReadsAlone() {
    completeIfDone(done(1));
    store.feed().removeEvents(LATER, 10);
    store.feed().position(ReaderName.of(null, "mail"));
    assertThat(numbered()).isZero();
    store.feed().end();
    assertThat(numbered()).isEqualTo(2);
    jdbc().probed().takeExecuted();
    store.feed().read(2, 10, null);

    assertThat(jdbc().probed().takeExecuted())
        .filteredOn(sql -> !sql.equals("commit"))
        .singleElement()
        .asString()
        .startsWith("select");
  }
}
