package org.batchengine.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.InputVersion;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.jspecify.annotations.Nullable;

/** How batches and items are written. */
final class Shown {
  /** What has another name, or another unit, here. */
  private static final Set<String> RENAMED =
      Set.of("batch_id", "type", "state", "progress", "total", "processed", "failed", "ended_at");

  private final BatchServlet.@Nullable PayloadMask mask;

  Shown(BatchServlet.@Nullable PayloadMask mask) {
    this.mask = mask;
  }

  boolean isMasked() {
    return mask != null;
  }

  /** A batch: {@code progress} is percent, rounded down, and 100 only at the end. */
  static Map<String, Object> batch(BatchJob job) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("id", job.id().toString());
    map.put("operation", job.type());
    map.put("status", Names.of(job.state()));
    map.put("progress", percent(job));
    map.put("created_at", job.createdAt().toString());
    job.startedAt().ifPresent(at -> map.put("started_at", at.toString()));
    job.endedAt().ifPresent(at -> map.put("completed_at", at.toString()));
    map.put("total_items", job.counts().total());
    map.put("processed_items", job.counts().processed());
    map.put("failed_items", job.counts().failed());
    job.toMap()
        .forEach(
            (key, value) -> {
              if (!RENAMED.contains(key)) {
                map.putIfAbsent(key, value);
              }
            });
    return map;
  }

  static double percent(BatchJob job) {
    BatchCounts counts = job.counts();
    if (counts.total() == 0) {
      return job.isTerminal() ? 100 : 0;
    }
    long tenths = Math.floorDiv(counts.processed() * 1000, counts.total());
    return (job.isTerminal() ? tenths : Math.min(tenths, 999)) / 10.0;
  }

  /** An item with all that there is of it; payloads only if the visitor may see them. */
  Map<String, Object> item(Visitor visitor, BatchItem<String, String> item) {
    Map<String, Object> map = new LinkedHashMap<>(item.toMap());
    map.put("state", Names.of(item.state()));
    map.remove("input");
    map.remove("output");
    payloads(visitor, item)
        .ifPresent(
            seen -> {
              text(seen, true).ifPresent(text -> map.put("input", text));
              text(seen, false).ifPresent(text -> map.put("output", text));
            });
    return map;
  }

  /** A settled item as a result. */
  Map<String, Object> result(Visitor visitor, BatchItem<String, String> item) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("nodeId", item.key().orElse(Integer.toString(item.index())));
    map.put("index", item.index());
    map.put("success", item.state() == ItemState.SUCCEEDED);
    map.put("status", Names.of(item.state()));
    payloads(visitor, item)
        .flatMap(seen -> text(seen, false))
        .ifPresent(text -> map.put("result", json(text)));
    if (item.state() != ItemState.SUCCEEDED) {
      error(item).ifPresent(text -> map.put("error", text));
    }
    map.put("retries", item.retries());
    item.duration().ifPresent(time -> map.put("durationMs", millis(time)));
    item.quality().ifPresent(quality -> map.put("qualityScore", quality));
    map.put("createdAt", item.settledAt().orElse(item.createdAt()).toString());
    return map;
  }

  /** An attempt that failed; its stack only for those who may see payloads. */
  static Map<String, Object> attempt(Visitor visitor, ItemError error) {
    Map<String, Object> map = new LinkedHashMap<>(error.toMap());
    if (!visitor.has(Right.PAYLOADS)) {
      map.remove("stack");
    }
    return map;
  }

  /** An input that an item had; its text not where payloads are masked, which is by items. */
  Map<String, Object> version(Visitor visitor, InputVersion version) {
    Map<String, Object> map = new LinkedHashMap<>(version.toMap());
    if (!visitor.has(Right.PAYLOADS) || isMasked()) {
      map.remove("input");
    }
    return map;
  }

  static Optional<String> error(BatchItem<?, ?> item) {
    return item.error()
        .map(error -> error.message().isEmpty() ? error.type() : error.message())
        .or(item::reason);
  }

  /** The item with the payloads that the visitor may see; empty if none. */
  Optional<BatchItem<String, String>> payloads(Visitor visitor, BatchItem<String, String> item) {
    if (!visitor.has(Right.PAYLOADS)) {
      return Optional.empty();
    }
    return Optional.of(mask == null ? item : mask.mask(visitor, item));
  }

  /** The stored text: an item without it throws when it is asked for. */
  static Optional<String> text(BatchItem<String, String> item, boolean isInput) {
    return Optional.ofNullable((String) item.toMap().get(isInput ? "input" : "output"));
  }

  /** Objects and arrays as JSON; anything else as the text that is stored. */
  static Object json(String text) {
    String start = text.stripLeading();
    if (start.startsWith("{") || start.startsWith("[")) {
      try {
        return Exchange.JSON.readTree(text);
      } catch (JsonProcessingException e) {
        return text;
      }
    }
    return text;
  }

  static double millis(Duration time) {
    return TimeUnit.NANOSECONDS.toMicros(time.toNanos()) / 1e3;
  }

  /** The same with values of enums in lower case. */
  static Map<String, Object> lower(Map<String, Object> map, String... keys) {
    Map<String, Object> changed = new LinkedHashMap<>(map);
    for (String key : keys) {
      changed.computeIfPresent(key, (name, value) -> value.toString().toLowerCase(Locale.ROOT));
    }
    return changed;
  }

  static <T> List<Object> all(List<T> values, Function<T, ?> each) {
    return new ArrayList<>(values.stream().map(each).toList());
  }
}
