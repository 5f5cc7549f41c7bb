package org.batchengine.memory;

import static java.util.stream.Collectors.groupingBy;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchPage;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.InputVersion;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.store.Measured;
import org.batchengine.store.NewItem;
import org.batchengine.store.rules.NewestFailures;
import org.batchengine.store.rules.PageCursor;
import org.batchengine.store.rules.Retries;
import org.batchengine.store.rules.Utf8;
import org.jspecify.annotations.Nullable;

/** Reads the items of a batch as values of the model. */
final class ItemViews {
  private final BatchRows batch;

  ItemViews(BatchRows batch) {
    this.batch = batch;
  }

  BatchPage<BatchItem<String, String>> page(ItemQuery query) {
    OptionalInt first = PageCursor.firstIndex(query);
    if (first.isEmpty()) {
      return BatchPage.of(List.of(), null, query.toMap());
    }
    List<BatchItem<String, String>> found =
        IntStream.range(first.getAsInt(), batch.items.size())
            .mapToObj(this::item)
            .filter(item -> isAskedFor(item, query))
            .limit(query.limit() + 1L)
            .toList();
    return PageCursor.page(found, query.limit(), BatchItem::index, query.toMap());
  }

  private static boolean isAskedFor(BatchItem<String, String> item, ItemQuery query) {
    return (query.states().isEmpty() || query.states().contains(item.state()))
        && isAskedFor(query.errorType(), item, ItemError::type)
        && isAskedFor(query.errorFingerprint(), item, ItemError::fingerprint)
        && query.settledAfter().stream().allMatch(from -> isSettledAfter(item, from));
  }

  private static boolean isSettledAfter(BatchItem<String, String> item, Instant from) {
    return item.settledAt().stream().anyMatch(at -> !at.isBefore(from));
  }

  private static boolean isAskedFor(
      Optional<String> wanted,
      BatchItem<String, String> item,
      Function<ItemError, String> property) {
    return wanted.isEmpty() || wanted.equals(item.error().map(property));
  }

  Optional<BatchItem<String, String>> find(int index) {
    boolean exists = index >= 0 && index < batch.items.size();
    return exists ? Optional.of(item(index)) : Optional.empty();
  }

  Optional<BatchItem<String, String>> find(String key) {
    return Optional.ofNullable(batch.indexByKey.get(key)).map(this::item);
  }

  List<BatchItem<String, String>> settled(int from, int limit) {
    return IntStream.range(Math.max(0, from), batch.items.size())
        .filter(index -> batch.outcomes.get(index) != null)
        .limit(limit)
        .mapToObj(this::item)
        .toList();
  }

  List<BatchItem<String, String>> page(int from, int most, long mostBytes) {
    List<BatchItem<String, String>> page = new ArrayList<>();
    long bytes = 0;
    for (int index = from; index < batch.items.size() && page.size() < most; index++) {
      bytes += bytes(batch.inputOf(index));
      OutcomeRow outcome = batch.outcomes.get(index);
      bytes += outcome == null ? 0 : bytes(outcome.output());
      if (bytes > mostBytes && !page.isEmpty()) {
        break;
      }
      page.add(item(index));
    }
    return page;
  }

  private static long bytes(@Nullable String payload) {
    return payload == null ? 0 : Utf8.length(payload);
  }

  private BatchItem<String, String> item(int index) {
    NewItem submitted = batch.items.get(index);
    List<ItemError> errors = batch.errorsOf(index);
    BatchItem.Builder item =
        BatchItem.builder(batch.submitted.id(), index)
            .key(submitted.key())
            .input(batch.inputOf(index))
            .originalInput(submitted.input())
            .createdAt(batch.createdAt)
            .purged(index < batch.purged)
            .error(errors.isEmpty() ? null : errors.get(errors.size() - 1));
    OutcomeRow outcome = batch.outcomes.get(index);
    ParkedRow parked = batch.parked.get(index);
    if (outcome != null) {
      settled(item, outcome);
      item.measures(named(outcome.measured()));
    } else if (parked != null) {
      parked(item, parked);
      item.measures(named(parked.measured));
    } else {
      ChunkRow chunk = batch.findChunkOf(index);
      item.state(chunk == null ? ItemState.PENDING : chunk.itemState());
    }
    return item.build();
  }

  private Map<String, BigDecimal> named(Measured measured) {
    return measured.named(batch.header().measureNames());
  }

  private static void settled(BatchItem.Builder item, OutcomeRow row) {
    item.state(row.state())
        .output(row.output())
        .attempts(row.attempts())
        .retries(Retries.of(row.attempts()))
        .duration(row.duration())
        .quality(row.quality())
        .reason(row.reason())
        .settledAt(row.settledAt());
  }

  private static void parked(BatchItem.Builder item, ParkedRow row) {
    item.state(row.itemState())
        .attempts(row.attempts)
        .retries(Retries.of(row.attempts))
        .dueAt(row.owner == null ? row.dueAt() : null);
  }

  List<InputVersion> inputs(int index) {
    if (index < 0 || index >= batch.items.size()) {
      return List.of();
    }
    List<InputVersion> versions = new ArrayList<>();
    String first = batch.items.get(index).input();
    versions.add(
        new InputVersion(
            1,
            first == null ? "" : first,
            Optional.ofNullable(batch.submitted.submittedBy()),
            batch.createdAt));
    for (BatchRows.InputRow row : batch.inputs.getOrDefault(index, List.of())) {
      versions.add(
          new InputVersion(row.attempt(), row.input(), Optional.ofNullable(row.actor()), row.at()));
    }
    return versions;
  }

  List<ItemError> errors(int index) {
    return List.copyOf(batch.errorsOf(index));
  }

  List<ErrorGroup> errorGroups(int most) {
    List<ItemError> failures =
        batch.errors.descendingKeySet().stream()
            .map(this::failure)
            .flatMap(Stream::ofNullable)
            .limit(NewestFailures.MOST)
            .toList();
    return failures.stream().collect(groupingBy(ItemError::fingerprint)).values().stream()
        .map(group -> errorGroup(group, failures.size()))
        .sorted(
            Comparator.comparing(ErrorGroup::count, Comparator.reverseOrder())
                .thenComparing(ErrorGroup::fingerprint))
        .limit(most)
        .toList();
  }

  /** The last error of the item, if it failed for good. */
  private @Nullable ItemError failure(int index) {
    OutcomeRow row = batch.outcomes.get(index);
    List<ItemError> errors = batch.errorsOf(index);
    boolean failed = row != null && row.state() == ItemState.FAILED && !errors.isEmpty();
    return failed ? errors.get(errors.size() - 1) : null;
  }

  private static ErrorGroup errorGroup(List<ItemError> group, int failures) {
    ItemError latest = group.stream().max(Comparator.comparing(ItemError::at)).orElseThrow();
    return new ErrorGroup(
        latest.fingerprint(),
        latest.type(),
        latest.message(),
        group.size(),
        (double) group.size() / failures,
        latest.at());
  }
}
