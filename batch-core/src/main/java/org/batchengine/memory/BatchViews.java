package org.batchengine.memory;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Stream;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.BatchRows.ProgressRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NotifiedType;
import org.batchengine.store.rules.RecentRate;
import org.batchengine.store.rules.Retries;
import org.jspecify.annotations.Nullable;

/** Reads batches as values of the model. */
final class BatchViews {
  private BatchViews() {}

  static BatchJob job(BatchRows batch, Instant now) {
    NewBatch submitted = batch.submitted;
    BatchCounts counts = counts(batch);
    return BatchJob.builder(submitted.id(), submitted.type())
        .tenant(submitted.tenant())
        .submittedBy(submitted.submittedBy())
        .name(submitted.name())
        .description(submitted.description())
        .idempotencyKey(submitted.idempotencyKey())
        .priority(batch.settings.priority())
        .metadata(submitted.metadata())
        .timeout(submitted.timeout())
        .chunkSize(submitted.chunkSize())
        .notifies(NotifiedType.names(submitted.notified()))
        .run(batch.run)
        .state(batch.state)
        .stateReason(batch.reason)
        .waitsFor(batch.waits.size())
        .filledFrom(submitted.fill() == null ? null : submitted.fill().from())
        .filling(batch.fill != null)
        .rehearses(batch.rehearsal == null ? null : batch.rehearsal.items())
        .error(batch.error)
        .counts(counts)
        .itemTime(itemTime(batch))
        .retries(retries(batch))
        .measures(batch.sums().named(batch.header().measureNames()))
        .itemsPerSecond(RecentRate.of(batch.state, counts, rate(batch, now)))
        .asOf(now)
        .createdAt(batch.createdAt)
        .updatedAt(batch.updatedAt)
        .startAt(submitted.startAt())
        .startedAt(batch.startedAt)
        .reopenedAt(batch.reopenedAt)
        .retriesDueAt(retriesDueAt(batch))
        .endedAt(batch.endedAt)
        .deadlineAt(batch.deadlineAt())
        .budget(batch.settings.budget())
        .limit(batch.settings.limit())
        .build();
  }

  /** Counts only sessions that settled something recently: the others have stopped or died. */
  private static double rate(BatchRows batch, Instant now) {
    Instant since = now.minusSeconds(RecentRate.SECONDS);
    return batch.progress.values().stream()
        .filter(row -> row.updatedAt.isAfter(since))
        .mapToDouble(
            row -> RecentRate.faded(row.itemsPerSecond, Duration.between(row.updatedAt, now)))
        .sum();
  }

  private static @Nullable Instant retriesDueAt(BatchRows batch) {
    return batch.parked.values().stream()
        .filter(parked -> parked.itemState() == ItemState.RETRYING)
        .map(ParkedRow::dueAt)
        .max(Comparator.naturalOrder())
        .orElse(null);
  }

  private static Duration itemTime(BatchRows batch) {
    return processed(batch)
        .flatMap(row -> Stream.ofNullable(row.duration()))
        .reduce(Duration.ZERO, Duration::plus);
  }

  private static long retries(BatchRows batch) {
    return processed(batch).mapToLong(row -> Retries.of(row.attempts())).sum();
  }

  private static Stream<OutcomeRow> processed(BatchRows batch) {
    return batch.outcomes.stream()
        .flatMap(Stream::ofNullable)
        .filter(row -> row.state() != ItemState.CANCELLED);
  }

  /** While it runs, its counters give the finished items, and its motion gives the others. */
  private static BatchCounts counts(BatchRows batch) {
    Map<ItemState, Long> counts = new EnumMap<>(ItemState.class);
    if (batch.state == BatchState.SUBMITTING || batch.fill != null) {
      counts.put(ItemState.PENDING, (long) batch.items.size());
    }
    if (batch.state.isTerminal()) {
      for (OutcomeRow row : batch.outcomes) {
        if (row != null) {
          counts.merge(row.state(), 1L, Long::sum);
        }
      }
    }
    for (ProgressRow row : batch.progress.values()) {
      row.settled.forEach((state, count) -> counts.merge(state, count, Long::sum));
    }
    for (ChunkRow chunk : batch.chunks.values()) {
      counts.merge(chunk.itemState(), (long) chunk.open, Long::sum);
    }
    for (ParkedRow parked : batch.parked.values()) {
      counts.merge(parked.itemState(), 1L, Long::sum);
    }
    return BatchCounts.of(counts);
  }
}
