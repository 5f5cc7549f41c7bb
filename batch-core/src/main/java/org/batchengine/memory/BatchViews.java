package org.batchengine.memory;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.BatchRows.ProgressRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemState;
import org.batchengine.store.NewBatch;
import org.jspecify.annotations.Nullable;

/** Says how batches stand, in the words of the model. */
final class BatchViews {
  private static final Duration RATE_LASTS = Duration.ofSeconds(15);

  private final Tables tables;

  BatchViews(Tables tables) {
    this.tables = tables;
  }

  BatchJob job(BatchRows batch) {
    NewBatch submitted = batch.submitted;
    Instant now = tables.now();
    return BatchJob.builder(submitted.id(), submitted.type())
        .tenant(submitted.tenant())
        .submittedBy(submitted.submittedBy())
        .name(submitted.name())
        .description(submitted.description())
        .idempotencyKey(submitted.idempotencyKey())
        .priority(submitted.priority())
        .metadata(submitted.metadata())
        .run(batch.run)
        .state(batch.state)
        .stateReason(batch.reason)
        .error(batch.error)
        .counts(counts(batch))
        .itemsPerSecond(rate(batch, now))
        .asOf(now)
        .createdAt(batch.createdAt)
        .updatedAt(batch.updatedAt)
        .startAt(submitted.startAt())
        .startedAt(batch.startedAt)
        .endedAt(batch.endedAt)
        .deadlineAt(batch.deadlineAt)
        .build();
  }

  /** Of the sessions that have settled something lately: others have stopped, or died. */
  private static double rate(BatchRows batch, Instant now) {
    return batch.progress.values().stream()
        .filter(row -> row.updatedAt.isAfter(now.minus(RATE_LASTS)))
        .mapToDouble(row -> row.itemsPerSecond)
        .sum();
  }

  /** While it runs, finished items are read from its counters, the others from its motion. */
  private static BatchCounts counts(BatchRows batch) {
    Map<ItemState, Long> counts = new EnumMap<>(ItemState.class);
    if (batch.state == BatchState.SUBMITTING) {
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

  BatchPage<BatchJob> history(HistoryQuery query) {
    long before = query.after().map(Cursor::parse).orElse(Long.MAX_VALUE);
    List<BatchRows> found =
        tables.batches.headMap(before, false).descendingMap().values().stream()
            .filter(batch -> !batch.hidden && isAskedFor(batch, query))
            .skip(query.offset())
            .limit(query.limit() + 1L)
            .toList();
    return Cursor.page(found, query.limit(), batch -> batch.number, query.toMap()).map(this::job);
  }

  private static boolean isAskedFor(BatchRows batch, HistoryQuery query) {
    NewBatch submitted = batch.submitted;
    return isAskedFor(query.types(), submitted.type())
        && isAskedFor(query.states(), batch.state)
        && query.tenant().stream().allMatch(submitted.tenant()::equals)
        && query.submittedBy().stream().allMatch(owner -> owner.equals(submitted.submittedBy()))
        && query.nameContains().stream().allMatch(part -> contains(submitted.name(), part))
        && query.idempotencyKey().stream().allMatch(key -> key.equals(submitted.idempotencyKey()))
        && query.createdAfter().stream().noneMatch(batch.createdAt::isBefore)
        && query.createdBefore().stream().allMatch(batch.createdAt::isBefore);
  }

  private static <T> boolean isAskedFor(Collection<T> wanted, T value) {
    return wanted.isEmpty() || wanted.contains(value);
  }

  private static boolean contains(@Nullable String name, String part) {
    return name != null && name.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
  }
}
