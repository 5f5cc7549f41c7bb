package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ItemState;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.LockedRow;
import org.batchengine.store.NewBatch;
import org.batchengine.store.Steering;
import org.batchengine.store.Submitted;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A stranger, say a person with SQL, has locked one row and does not let go. What engines do waits
 * for it briefly or not at all, does the rest, and does what is left once the row is free.
 */
@Tag("slow")
abstract class LockedRowsContract extends StoreContract {
  /** Far below what a database waits by itself. */
  private static final Duration SOON = Duration.ofMillis(1_500);

  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final List<Handle> strangers = new ArrayList<>();

  LockedRowsContract(Supplier<JdbcUnderTest> opener) {
    super(opener::get);
  }

  @AfterEach
  void stop() {
    letGo();
    thread.shutdownNow();
  }

  private void lock(String table, String where, Object... arguments) {
    Handle stranger = ((JdbcUnderTest) under).jdbi().open();
    strangers.add(stranger);
    stranger.begin();
    String select = "select 1 from %s where %s for update".formatted(table, where);
    assertThat(stranger.select(select, arguments).mapTo(Integer.class).list()).hasSize(1);
  }

  private void letGo() {
    strangers.forEach(
        stranger -> {
          stranger.rollback();
          stranger.close();
        });
    strangers.clear();
  }

  /** What the verb says, without having waited for the stranger. */
  private <T> T soon(Callable<T> verb) {
    return within(SOON, verb);
  }

  private <T> T within(Duration time, Callable<T> verb) {
    Future<T> answer = thread.submit(verb);
    try {
      return answer.get(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failed) {
        throw failed;
      }
      throw new AssertionError(e);
    } catch (Exception e) {
      letGo();
      throw new AssertionError("waits for the stranger", e);
    }
  }

  private void isRefusedSoon(Callable<?> verb) {
    assertThatThrownBy(() -> soon(verb)).isInstanceOf(RowsLockedException.class);
  }

  private List<Long> completeTold(List<Long> locked, Long... batches) {
    return soon(() -> store.settling().completeIfDone(List.of(batches), locked::add)).stream()
        .map(BatchJob::id)
        .map(id -> store.reading().header(id, null).orElseThrow().number())
        .toList();
  }

  @Nested
  class Settles {
    private final SettlementDraft draft = SettlementDraft.of();
    private TestSession session;
    private long batch;

    private ClaimedChunk claimed() {
      batch = submit(2);
      session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      draft.succeeded(batch, 0, 1);
      return chunk;
    }

    private void areRefusedUntilFree(LockedRow... rows) {
      isRefusedSoon(() -> session.settle(draft));
      assertThat(soon(() -> store.settling().lockedBy(draft.numbered(session.id(), 1))))
          .containsExactlyInAnyOrder(rows);
      letGo();

      assertThat(store.settling().lockedBy(draft.numbered(session.id(), 1))).isEmpty();
      assertThat(session.settle(draft)).isTrue();
    }

    @Test
    @DisplayName("FAULT-L1 a settle does not wait for a locked chunk, and is told which it is")
    void endAChunk() {
      ClaimedChunk chunk = claimed();
      draft.removed(chunk);
      lock("batch_chunk", "batch_no = ?", batch);

      areRefusedUntilFree(LockedRow.chunk(batch, 0));
      assertThat(completeIfDone(batch)).isPresent();
    }

    @Test
    @DisplayName("FAULT-L1 a settle does not wait for a locked chunk that it gives back")
    void giveAChunkBack() {
      ClaimedChunk chunk = claimed();
      draft.returned(chunk);
      lock("batch_chunk", "batch_no = ?", batch);

      areRefusedUntilFree(LockedRow.chunk(batch, 0));
    }

    @Test
    @DisplayName("FAULT-L1 a settle does not wait for locked parked items")
    void endParkedItems() {
      batch = park(4);
      session = session();
      List<ClaimedItem> items = session.claim("annotate", 6, 6).parked();
      draft
          .outcome(items.get(0), ItemState.SUCCEEDED)
          .parkedAgain(items.get(1), NOW)
          .returned(items.get(2));
      for (int i = 0; i < 3; i++) {
        lock("batch_parked", "item_id = ?", ItemIds.of(batch, i));
      }

      areRefusedUntilFree(
          LockedRow.parked(batch, 0), LockedRow.parked(batch, 1), LockedRow.parked(batch, 2));
    }

    @Test
    @DisplayName("FAULT-L1 a settle with locked counters is told of them")
    void addToCounters() {
      ClaimedChunk chunk = claimed();
      session.settle(SettlementDraft.of().succeeded(batch, 0));
      SettlementDraft rest = SettlementDraft.of().succeeded(batch, 1).removed(chunk);
      lock("batch_progress", "batch_no = ?", batch);

      isRefusedSoon(() -> store.settling().settle(rest.numbered(session.id(), 2)));
      assertThat(soon(() -> store.settling().lockedBy(rest.numbered(session.id(), 2))))
          .containsExactly(LockedRow.counters(batch));
      letGo();
      session.settle(rest);
    }

    @Test
    @DisplayName("FAULT-L1 a settle does not wait for its locked session")
    void takeTheNextNumber() {
      ClaimedChunk chunk = claimed();
      draft.removed(chunk);
      lock("batch_session", "id = ?", session.id());

      areRefusedUntilFree();
    }

    @Test
    @DisplayName("FAULT-L1 what others have locked is not written, and the number stays free")
    void leaveNothingBehind() {
      ClaimedChunk chunk = claimed();
      draft.removed(chunk);
      lock("batch_chunk", "batch_no = ?", batch);
      isRefusedSoon(() -> session.settle(draft));

      assertThat(job(batch).counts().succeeded()).isZero();
      assertThat(session.settle(SettlementDraft.of().succeeded(batch, 1))).isTrue();
      letGo();
      session.settle(SettlementDraft.of().succeeded(batch, 0).removed(chunk));
    }
  }

  @Nested
  class Ends {
    @Test
    @DisplayName("FAULT-L1 batches end though another is locked, and that is told")
    void areOfTheOthers() {
      long locked = done(1);
      long free = done(1);
      lock("batch_job", "batch_no = ?", locked);
      List<Long> told = new ArrayList<>();

      assertThat(completeTold(told, locked, free)).containsExactly(free);
      assertThat(told).containsExactly(locked);
      letGo();
      told.clear();
      assertThat(completeTold(told, locked, free)).containsExactly(locked);
      assertThat(told).isEmpty();
    }

    @Test
    @DisplayName("FAULT-L1 a batch that is to be hidden waits for its locked key")
    void waitForTheKeyThatGoesWithIt() {
      long batch = submit(NewBatches.any().submittedBy("ann").idempotencyKey("key"), 1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      store.steering().removeSubmittedBy("ann", null, NewBatches.by("ann"), 10);
      session.finish(chunk);
      lock("batch_key", "batch_no = ?", batch);
      List<Long> told = new ArrayList<>();

      assertThat(soon(() -> store.settling().completeIfDone(List.of(batch), told::add))).isEmpty();
      assertThat(told).containsExactly(batch);
      letGo();
      assertThat(completeIfDone(batch)).isPresent();
    }

    @Test
    @DisplayName("FAULT-L1 a locked batch is not given up, and nobody waits for it")
    void byGivingUp() {
      long batch = submit(1);
      under.passDeadline(batch);
      lock("batch_job", "batch_no = ?", batch);

      isRefusedSoon(() -> store.steering().giveUp(batch, "engine"));
      letGo();
      assertThat(store.steering().giveUp(batch, "engine")).isTrue();
    }

    @Test
    @DisplayName("FAULT-L1 a locked batch is not paused by an engine, and nobody waits for it")
    void byPausing() {
      long batch = submit(1);
      lock("batch_job", "batch_no = ?", batch);

      isRefusedSoon(() -> store.steering().pauseAtOnce(batch, "engine", "settled twice"));
      letGo();
      assertThat(store.steering().pauseAtOnce(batch, "engine", "settled twice")).isTrue();
      assertThat(store.steering().pauseAtOnce(batch, "engine", "settled twice")).isFalse();
    }

    @Test
    @DisplayName("FAULT-L1 a locked batch is not cancelled further, and nobody waits for it")
    void byCancelling() {
      long batch = submit(3);
      store
          .steering()
          .cancel(
              new Steering(header(batch).id(), null, NewBatches.by("ann"), null),
              CancelMode.GRACEFUL);
      lock("batch_job", "batch_no = ?", batch);

      isRefusedSoon(() -> store.sweeping().cancelUnowned(batch, 10));
      letGo();
      store.sweeping().cancelUnowned(batch, 10);
      assertThat(job(batch).counts().cancelled()).isEqualTo(3);
    }
  }

  @Nested
  class Claims {
    @Test
    @DisplayName("FAULT-L1 batches are marked as begun though another is locked, and that is told")
    void markTheOthers() {
      long locked = submit(1);
      long free = submit(1);
      session().claim(2);
      lock("batch_job", "batch_no = ?", locked);
      List<Long> told = new ArrayList<>();

      assertThat(soon(() -> store.claiming().markRunning(List.of(locked, free), told::add)))
          .containsExactly(free);
      assertThat(told).containsExactly(locked);
      assertThat(job(locked).state()).isEqualTo(BatchState.PENDING);
      letGo();
      assertThat(store.claiming().markRunning(List.of(locked, free))).containsExactly(locked);
    }

    @Test
    @DisplayName("FAULT-L1 no claim waits for its locked session")
    void ofALockedSession() {
      submit(1);
      TestSession session = session();
      lock("batch_session", "id = ?", session.id());

      isRefusedSoon(() -> session.claim(1));
      isRefusedSoon(session::claimSuspect);
      isRefusedSoon(() -> store.claiming().claimSequential(session.id(), List.of("annotate")));
      isRefusedSoon(() -> store.claiming().owned(session.id()));
      letGo();
      assertThat(session.claim(1).items()).isEqualTo(1);
    }

    @Test
    @DisplayName("FAULT-L1 of a sequential batch nothing goes before its locked first item")
    void ofASequentialBatch() {
      long batch = submit(NewBatches.any().sequential(), 2);
      TestSession session = session();
      lock("batch_chunk", "batch_no = ?", batch);

      assertThat(claimSequential(session).isEmpty()).isTrue();
      letGo();
      Claim first = claimSequential(session);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).removed(first.chunks().get(0)));
      lock("batch_parked", "batch_no = ?", batch);
      assertThat(claimSequential(session).isEmpty()).isTrue();
      letGo();
      assertThat(claimSequential(session).parked()).hasSize(1);
    }

    private Claim claimSequential(TestSession session) {
      return soon(() -> store.claiming().claimSequential(session.id(), List.of("annotate")));
    }
  }

  @Nested
  class Repairs {
    private TestSession dead;

    /** Two parked items and two chunks of a session, each of a batch of its own. */
    private List<Long> owned() {
      List<Long> batches = new ArrayList<>(List.of(submit(1), submit(1)));
      TestSession first = session();
      SettlementDraft draft = SettlementDraft.of();
      for (ClaimedChunk chunk : first.claim("annotate", 2, 1).chunks()) {
        draft.parked(chunk.batch(), 0, NOW).removed(chunk);
      }
      first.settle(draft);
      store.sessions().release(first.id());
      batches.addAll(List.of(submit(1), submit(1)));
      dead = session();
      assertThat(dead.claim("annotate", 8, 4).items()).isEqualTo(4);
      return batches;
    }

    private void lockTwoOf(List<Long> batches) {
      lock("batch_parked", "batch_no = ?", batches.get(0));
      lock("batch_chunk", "batch_no = ?", batches.get(2));
    }

    private void theRestIsFree(int lost) {
      TestSession other = session();
      Claim rest = soon(() -> other.claim("annotate", 8, 4));
      assertThat(rest.items()).isEqualTo(2);
      assertThat(rest.chunks().get(0).lost()).isEqualTo(lost);
      letGo();
      soon(this::repaired);
      assertThat(other.claim("annotate", 8, 4).items()).isEqualTo(2);
    }

    @Test
    @DisplayName("FAULT-L1 a reap frees what nobody has locked, and a sweep the rest")
    void byReaping() {
      List<Long> batches = owned();
      var expiry = expired(dead);
      lockTwoOf(batches);

      assertThat(soon(() -> store.sessions().reap(expiry))).isTrue();
      assertThat(renew(dead)).isFalse();
      theRestIsFree(1);
    }

    @Test
    @DisplayName("FAULT-L1 an engine that closes gives back what nobody has locked")
    void byReleasing() {
      lockTwoOf(owned());

      soon(
          () -> {
            store.sessions().release(dead.id());
            return true;
          });
      theRestIsFree(0);
    }

    @Test
    @DisplayName("FAULT-L1 a sweep passes over what others have locked")
    void bySweeping() {
      List<Long> batches = owned();
      long marked = batches.get(3);
      under.loseSession(dead.id());
      lockTwoOf(batches);
      lock("batch_job", "batch_no = ?", batches.get(2));

      soon(this::repaired);
      assertThat(job(marked).counts().pending()).isEqualTo(1);
      theRestIsFree(0);
    }

    @ParameterizedTest
    @DisplayName("FAULT-L1 a half submit is hidden once its rows are free")
    @ValueSource(strings = {"batch_job", "batch_key"})
    void bySweepingSubmits(String table) {
      dead = session();
      long batch =
          number(
              store.submitting().begin(NewBatches.any().idempotencyKey("key").build(), dead.id()));
      lock(table, "batch_no = ?", batch);

      isRefusedSoon(
          () -> {
            store.submitting().abandon(batch, dead.id());
            return true;
          });
      under.loseSession(dead.id());
      soon(this::repaired);
      letGo();
      repaired();
      assertThat(
              store.submitting().submit(NewBatches.any().idempotencyKey("key").build(), List.of()))
          .isInstanceOf(Submitted.Created.class);
    }

    private boolean repaired() {
      store.sweeping().repair();
      return true;
    }

    @Test
    @DisplayName("FAULT-L1 who tells of ends waits neither for the feed's row nor for a key")
    void byTellingOfEnds() {
      submit(1);
      store.feed().end();
      submit(1);
      lock("batch_reader", "tenant = '' and name = ''");
      isRefusedSoon(() -> store.feed().brief().read(0, 10, null));
      strangers
          .get(0)
          .execute(
              "insert into batch_key (tenant, idempotency_key, batch_no) values ('t', 'k', 0)");
      NewBatch delivery = NewBatches.any().tenant("t").idempotencyKey("k").build();

      // An insert waits on H2 as long as any statement there, which is two seconds: once.
      assertThatThrownBy(
              () ->
                  within(
                      Duration.ofSeconds(4),
                      () -> store.submitting().submitBriefly(delivery, NewBatches.items(1))))
          .isInstanceOf(RowsLockedException.class);
      letGo();
      assertThat(store.feed().brief().read(0, 10, null).events()).hasSize(2);
      assertThat(store.submitting().submitBriefly(delivery, NewBatches.items(1)))
          .isInstanceOf(Submitted.Created.class);
    }

    @Test
    @DisplayName("FAULT-L1 batches past their retention go though the key of one is locked")
    void byRetention() {
      List<BatchId> ids = new ArrayList<>();
      for (String key : List.of("a", "b")) {
        long batch = submit(NewBatches.any().idempotencyKey(key), 1);
        TestSession session = session();
        session.finish(session.claimChunk(1));
        ids.add(completeIfDone(batch).orElseThrow().id());
      }
      pass(Duration.ofDays(2));
      lock("batch_key", "idempotency_key = 'a'");

      assertThat(soon(() -> store.sweeping().hideEnded(Duration.ofDays(1), 10))).isEqualTo(1);
      assertThat(store.reading().find(ids.get(0), null)).isPresent();
      letGo();
      assertThat(store.sweeping().hideEnded(Duration.ofDays(1), 10)).isEqualTo(1);
    }
  }
}
