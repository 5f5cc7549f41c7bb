package org.batchengine.memory;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.store.Fill;
import org.batchengine.store.FillStep;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.rules.FillRules;
import org.batchengine.store.rules.ItemKeys;
import org.batchengine.store.rules.Utf8;
import org.jspecify.annotations.Nullable;

/** Copies items of batches into others that are made of them. */
final class MemoryFilling {
  private MemoryFilling() {}

  /**
   * A row of the table fill.
   *
   * @param next the first item of the other batch that was not looked at
   */
  record FillRow(long from, int next) {}

  /** That of a new batch, if it is made of another one. */
  static @Nullable FillRow row(Tables tables, NewBatch batch) {
    Fill fill = batch.fill();
    if (fill == null) {
      return null;
    }
    BatchRows from = tables.find(fill.from(), batch.tenant());
    if (from == null) {
      throw new BatchNotFoundException(fill.from());
    }
    FillRules.requireFormat(
        batch, fill, from.submitted.inputFormat(), from.submitted.outputFormat());
    return new FillRow(from.number, 0);
  }

  static boolean isDue(BatchRows batch) {
    return batch.fill != null && batch.state == BatchState.PENDING && !batch.waiting;
  }

  /** The batches that others are still to be made of. */
  static Set<Long> sources(Tables tables) {
    return tables.live.values().stream()
        .flatMap(batch -> Stream.ofNullable(batch.fill))
        .map(FillRow::from)
        .collect(toSet());
  }

  /** The batch stops: what it has of items is a chunk. */
  static void end(Tables tables, BatchRows batch) {
    int items = batch.items.size();
    if (batch.fill != null && items > 0) {
      tables.add(new ChunkRow(batch, 0, items, items, tables.now()));
    }
    batch.fill = null;
  }

  static FillStep fill(Tables tables, long number, int most, long bytes) {
    BatchRows batch = tables.live.get(number);
    if (batch == null || !isDue(batch)) {
      return FillStep.NOTHING;
    }
    FillRow row = Objects.requireNonNull(batch.fill);
    Fill fill = Objects.requireNonNull(batch.submitted.fill());
    BatchRows from = tables.batches.get(row.from());
    if (from == null || (from.hidden && row.next() == 0)) {
      return giveUp(tables, batch, FillRules.gone(fill.from()));
    }
    if (from.purged > 0) {
      return giveUp(tables, batch, FillRules.purged(fill.from()));
    }
    int next = copy(batch, from, fill, row.next(), most, bytes);
    int large = tooLarge(batch, fill);
    if (large >= 0) {
      return giveUp(tables, batch, FillRules.tooLarge(fill.from(), large, fill.maxPayload()));
    }
    batch.updatedAt = tables.now();
    if (next < from.items.size()) {
      batch.fill = new FillRow(row.from(), next);
      return FillStep.MORE;
    }
    batch.fill = null;
    MemorySubmitting.addChunks(tables, batch);
    return batch.items.isEmpty() ? FillStep.EMPTY : FillStep.FULL;
  }

  /** The item of the other batch that comes next. */
  private static int copy(
      BatchRows batch, BatchRows from, Fill fill, int first, int most, long bytes) {
    List<NewItem> items = new ArrayList<>();
    int end = (int) Math.min(from.items.size(), (long) first + most);
    int next = first;
    for (long copied = 0; next < end; next++) {
      OutcomeRow outcome = from.outcomes.get(next);
      if (outcome != null && isWanted(fill, outcome)) {
        String payload = isInput(fill) ? from.inputOf(next) : outcome.output();
        long size = payload == null ? 0 : Utf8.length(payload);
        if (copied > 0 && copied + size > bytes) {
          break;
        }
        copied += size;
        items.add(new NewItem(from.items.get(next).key(), payload));
      }
    }
    MemorySubmitting.add(batch, items, ItemKeys.of(batch.items.size(), items));
    return next;
  }

  private static boolean isInput(Fill fill) {
    return fill.part() == Fill.Part.INPUT;
  }

  private static boolean isWanted(Fill fill, OutcomeRow outcome) {
    Double below = fill.belowQuality();
    return fill.states().contains(outcome.state())
        && (below == null || (outcome.quality() != null && outcome.quality() < below))
        && (isInput(fill) || outcome.output() != null);
  }

  /** The index of an item that is too large; -1: none is. */
  private static int tooLarge(BatchRows batch, Fill fill) {
    if (batch.largestInput > fill.maxPayload()) {
      for (int index = 0; index < batch.items.size(); index++) {
        if (batch.inputSize(index).bytes() > fill.maxPayload()) {
          return index;
        }
      }
    }
    return -1;
  }

  private static FillStep giveUp(Tables tables, BatchRows batch, String why) {
    MemorySteering.giveUp(tables, batch, Tables.NO_NODE, why);
    return FillStep.GIVEN_UP;
  }
}
