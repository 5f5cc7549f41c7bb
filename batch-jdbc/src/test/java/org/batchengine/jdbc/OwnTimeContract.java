package org.batchengine.jdbc;

import static java.time.temporal.ChronoUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.BatchItem;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemError;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.NewBatch;
import org.batchengine.store.SessionExpiry;
import org.junit.jupiter.api.Test;

/** Instants are those of the database's clock, whatever the time zone of its sessions is. */
abstract class OwnTimeContract extends StoreContract {
  private static final Duration HOUR = Duration.ofHours(1);

  OwnTimeContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Test
  void sessionsExpireByIt() {
    store.sessions().open("host", HOUR);
    long gone = store.sessions().open("host", Duration.ofMillis(-1));
    List<SessionExpiry> expired = store.sessions().expired();

    assertThat(expired).extracting(SessionExpiry::session).containsExactly(gone);
    assertThat(expired.get(0).expiresAt()).isCloseTo(Instant.now(), within(1, MINUTES));
    assertThat(store.sessions().reap(expired.get(0))).isTrue();
  }

  @Test
  void batchesAreCreatedAndDueByIt() {
    submit(NewBatches.any().startAt(Instant.now().plus(HOUR)), 1);
    long due = submit(NewBatches.any().startAt(Instant.now().minus(HOUR)), 1);

    assertThat(session().claim(2).chunks()).extracting(ClaimedChunk::batch).containsExactly(due);
    assertThat(job(due).createdAt()).isCloseTo(Instant.now(), within(1, MINUTES));
    assertThat(job(due).asOf()).isCloseTo(Instant.now(), within(1, MINUTES));
  }

  @Test
  void retriesFallDueByIt() {
    long batch = submit(2);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(2);
    session.settle(
        SettlementDraft.of().parked(batch, 0, HOUR).parked(batch, 1, NOW).removed(chunk));

    assertThat(session.claim("annotate", 4, 1).parked())
        .extracting(item -> item.index())
        .containsExactly(1);
    BatchItem<String, String> waiting = store.reading().item(header(batch), 0).orElseThrow();
    assertThat(waiting.dueAt().orElseThrow())
        .isCloseTo(Instant.now().plus(HOUR), within(1, MINUTES));
  }

  @Test
  void instantsComeBackAsTheyWereGiven() {
    Instant startAt = Instant.parse("2030-03-31T01:30:00.123456Z");
    Instant failedAt = Instant.parse("2026-10-25T01:30:00.654321Z");
    NewBatch later = NewBatches.any().startAt(startAt).build();
    submit(later, NewBatches.items(1));
    long batch = submit(1);
    TestSession session = session();
    session.claim(1);
    ItemError error = ItemError.of(1, "E_TEST", "", failedAt);
    session.settle(SettlementDraft.of().failed(batch, 0, error));

    assertThat(job(later.id()).startAt()).contains(startAt);
    assertThat(store.reading().errors(header(batch), 0)).containsExactly(error);
    assertThat(store.reading().item(header(batch), 0).orElseThrow().settledAt().orElseThrow())
        .isCloseTo(Instant.now(), within(1, MINUTES));
  }

  @Test
  void historyIsFilteredByIt() {
    submit(1);

    assertThat(
            store
                .reading()
                .history(HistoryQuery.all().createdAfter(Instant.now().minus(HOUR)))
                .items())
        .hasSize(1);
    assertThat(
            store
                .reading()
                .history(HistoryQuery.all().createdAfter(Instant.now().plus(HOUR)))
                .items())
        .isEmpty();
    assertThat(
            store
                .reading()
                .history(HistoryQuery.all().createdBefore(Instant.now().minus(HOUR)))
                .items())
        .isEmpty();
  }

  @Test
  void endedBatchesGoByIt() {
    long old = done(1);
    completeIfDone(old);
    submit(0);
    ((JdbcUnderTest) under)
        .jdbi()
        .useHandle(
            handle ->
                handle.execute(
                    "update batch_job set ended_at = ended_at - interval '2' hour"
                        + " where batch_no = ?",
                    old));

    assertThat(store.sweeping().purgePayloads(HOUR, null, NewBatches.by("node"), 10)).isEqualTo(1);
    assertThat(store.sweeping().hideEnded(Duration.ofHours(3), 10)).isZero();
    assertThat(store.sweeping().hideEnded(HOUR, 10)).isEqualTo(1);
    assertThat(store.claiming().headers(List.of(old))).isEmpty();
  }
}
