package org.batchengine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.engine.lease.Payloads;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.settle.Answers;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.engine.verdict.Verdicts;
import org.batchengine.model.BatchId;
import org.batchengine.model.SettleResult;
import org.batchengine.model.StoredText;
import org.batchengine.store.BatchHeader;
import org.jspecify.annotations.Nullable;

/** Deferred items of one batch, as hosts name them, and the verdicts on them. */
final class DeferredItems<O> {
  private final EngineParts parts;
  private final JobType<?, O> type;
  private final BatchHeader batch;

  DeferredItems(EngineParts parts, JobType<?, O> type, BatchHeader batch) {
    this.parts = parts;
    this.type = type;
    this.batch = batch;
  }

  /** The name of an attempt, taken apart. */
  record Deferral(String text, BatchId batch, int index, int attempt) {

    static Deferral parse(String text) {
      Objects.requireNonNull(text, "deferral");
      String[] parts = text.split("/", -1);
      try {
        if (parts.length == 3) {
          Deferral parsed =
              new Deferral(
                  text,
                  BatchId.of(parts[0]),
                  Integer.parseInt(parts[1]),
                  Integer.parseInt(parts[2]));
          if (parsed.index >= 0 && parsed.attempt > 0) {
            return parsed;
          }
        }
      } catch (IllegalArgumentException e) {
        // it is none
      }
      throw new IllegalArgumentException(
          "deferral: %s is not \"batch/index/attempt\", as ItemContext.deferral() returns it"
              .formatted(StoredText.quoted(text)));
    }
  }

  SettleResult settle(int index, int attempt, Verdict<O> verdict) {
    Answers.Answer answer = answer(index, attempt, verdict);
    return Objects.requireNonNull(parts.answers.settle(batch, Map.of(index, answer)).get(index));
  }

  /** Settles by deferrals; of two attempts of one item the earlier one is outdated. */
  static <O> Map<String, SettleResult> settleAll(
      EngineParts parts,
      JobType<?, O> type,
      Function<BatchId, BatchHeader> headers,
      Map<String, ? extends Verdict<O>> verdicts) {
    Map<BatchId, NavigableMap<Integer, Deferral>> byBatch = new LinkedHashMap<>();
    for (String text : verdicts.keySet()) {
      Deferral deferral = Deferral.parse(text);
      byBatch
          .computeIfAbsent(deferral.batch, id -> new TreeMap<>())
          .merge(deferral.index, deferral, (one, two) -> one.attempt > two.attempt ? one : two);
    }
    List<Answers.OfBatch> asked = new ArrayList<>();
    byBatch.forEach(
        (id, deferrals) -> {
          DeferredItems<O> items = new DeferredItems<>(parts, type, headers.apply(id));
          NavigableMap<Integer, Answers.Answer> answers = new TreeMap<>();
          deferrals.forEach(
              (index, deferral) ->
                  answers.put(
                      index,
                      items.answer(
                          index,
                          deferral.attempt,
                          Objects.requireNonNull(verdicts.get(deferral.text)))));
          asked.add(new Answers.OfBatch(items.batch, answers));
        });
    Map<String, SettleResult> results = new LinkedHashMap<>();
    verdicts.keySet().forEach(text -> results.put(text, SettleResult.OUTDATED));
    List<Map<Integer, SettleResult>> became = parts.answers.settle(asked);
    for (int i = 0; i < asked.size(); i++) {
      NavigableMap<Integer, Deferral> deferrals =
          Objects.requireNonNull(byBatch.get(asked.get(i).batch().id()));
      became
          .get(i)
          .forEach(
              (index, result) ->
                  results.put(Objects.requireNonNull(deferrals.get(index)).text, result));
    }
    return results;
  }

  Map<String, SettleResult> settle(Map<String, ? extends Verdict<O>> verdicts) {
    verdicts.keySet().forEach(key -> Arguments.text("key", key, 200));
    Map<String, Integer> indexes =
        parts.store.settling().indexes(batch.number(), verdicts.keySet());
    List<String> unknown = new ArrayList<>(verdicts.keySet());
    unknown.removeAll(indexes.keySet());
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "batch %s has no item with the key %s%s"
              .formatted(
                  batch.id(),
                  StoredText.quoted(unknown.get(0)),
                  unknown.size() == 1 ? "" : ", nor with %d others".formatted(unknown.size() - 1)));
    }
    NavigableMap<Integer, Answers.Answer> answers = new TreeMap<>();
    Map<Integer, String> keys = new LinkedHashMap<>();
    verdicts.forEach(
        (key, verdict) -> {
          int index = Objects.requireNonNull(indexes.get(key));
          keys.put(index, key);
          answers.put(index, answer(key, "item " + StoredText.quoted(key), 0, verdict));
        });
    Map<String, SettleResult> results = new LinkedHashMap<>();
    Map<Integer, SettleResult> byIndex = parts.answers.settle(batch, answers);
    keys.forEach((index, key) -> results.put(key, Objects.requireNonNull(byIndex.get(index))));
    return results;
  }

  private Answers.Answer answer(int index, int attempt, Verdict<O> verdict) {
    if (index < 0 || index >= batch.total()) {
      throw new IllegalArgumentException(
          "index: batch %s has no item %d; it has %d items"
              .formatted(batch.id(), index, batch.total()));
    }
    return answer(null, "item " + index, attempt, verdict);
  }

  /** Encoded and checked here: an output that cannot be stored is the caller's mistake. */
  private Answers.Answer answer(
      @Nullable String key, String item, int attempt, Verdict<O> verdict) {
    Objects.requireNonNull(verdict, "verdict");
    PayloadCodec<O> codec = type.outputCodec(parts.config.codecs());
    O output = verdict.output();
    String text = output == null ? null : Payloads.encode(codec, output);
    if (text != null) {
      Verdicts.problemOf(text, parts.config.maxPayload())
          .ifPresent(
              problem -> {
                throw new IllegalArgumentException("the output of " + item + ": " + problem);
              });
    }
    return new Answers.Answer(key, attempt, (rules, of) -> judged(rules, of, verdict, text));
  }

  private static <O> ItemVerdict judged(
      Verdicts rules, WorkItem item, Verdict<O> verdict, @Nullable String output) {
    long nanos = verdict.duration().toNanos();
    return switch (verdict.kind()) {
      case SUCCEEDED -> rules.succeeded(item, output, verdict.quality(), nanos);
      case FAILED -> rules.attemptFailed(item, verdict.code(), verdict.text(), nanos);
      case GAVE_UP -> rules.gaveUp(item, verdict.code(), verdict.text(), nanos);
      case SKIPPED -> rules.skipped(item, verdict.text(), verdict.quality(), nanos);
    };
  }
}
