package org.batchengine;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.engine.lease.Payloads;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.loop.Failures;
import org.batchengine.engine.loop.LogContext;
import org.batchengine.engine.run.Call;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.engine.verdict.JudgedFailure;
import org.batchengine.engine.verdict.Verdicts;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;
import org.batchengine.model.Measure;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Measured;
import org.batchengine.store.Settlement.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * The call of a {@link BatchProcessor} with items of one batch, and the chunk that the processor
 * sees. A verdict that arrives after the call was settled, from a thread left running, is ignored.
 */
final class BulkCall<I, O> implements Call, Chunk<I, O> {
  private final BatchProcessor<I, O> processor;
  private final PayloadCodec<I> inputs;
  private final PayloadCodec<O> outputs;
  private final Verdicts verdicts;
  private final List<WorkItem> work;
  private final BooleanSupplier cancelled;
  private List<Settleable> decoded = List.of();
  private List<ItemVerdict> undecodable = List.of();
  private Map<Integer, JudgedFailure> judged = Map.of();
  private boolean closed;

  BulkCall(
      BatchProcessor<I, O> processor,
      PayloadCodec<I> inputs,
      PayloadCodec<O> outputs,
      Verdicts verdicts,
      List<WorkItem> work,
      BooleanSupplier cancelled) {
    this.processor = processor;
    this.inputs = inputs;
    this.outputs = outputs;
    this.verdicts = verdicts;
    this.work = work;
    this.cancelled = cancelled;
  }

  @Override
  public void run() throws Exception {
    List<Settleable> good = new ArrayList<>(work.size());
    List<ItemVerdict> bad = new ArrayList<>();
    for (WorkItem item : work) {
      try (LogContext context = item.logContext()) {
        good.add(new Settleable(item, Payloads.input(inputs, item)));
      } catch (Throwable e) {
        if (Failures.isFatal(e)) {
          throw e;
        }
        bad.add(verdicts.inputFailed(item, e, verdicts.judge(item, e), 0));
      }
    }
    synchronized (this) {
      decoded = good;
      undecodable = bad;
    }
    if (!good.isEmpty()) {
      try (LogContext context = work.get(0).batch().logContext()) {
        processor.process(this);
      } catch (Throwable e) {
        if (!Failures.isFatal(e)) {
          judge(good, e);
        }
        throw e;
      }
    }
  }

  /** Judges for the items without a verdict what the processor threw, once for each attempt. */
  private void judge(List<Settleable> items, Throwable thrown) {
    Map<Integer, JudgedFailure> all = new HashMap<>();
    for (Settleable each : items) {
      if (!each.isSettled()) {
        all.computeIfAbsent(each.attempt(), attempt -> verdicts.judge(each.item, thrown));
      }
    }
    synchronized (this) {
      judged = all;
    }
  }

  @Override
  public List<ItemVerdict> verdicts(@Nullable Throwable thrown, long nanos) {
    return close(
        nanos,
        (item, each) ->
            thrown != null
                ? verdicts.attemptFailed(item, judgedOf(item, thrown), each)
                : verdicts.attemptFailed(
                    item,
                    Verdicts.NOT_SETTLED,
                    "the bulk processor returned without settling this item",
                    each));
  }

  /**
   * The verdicts that stand though what the call wrote was undone: those of items that have failed.
   */
  List<ItemVerdict> failures(long nanos) {
    List<ItemVerdict> all = close(nanos, (item, each) -> ItemVerdict.returned(item));
    return all.stream().filter(each -> !each.isReturned() && isFailure(each)).toList();
  }

  /** Whether the item neither succeeded nor was skipped. */
  static boolean isFailure(ItemVerdict verdict) {
    Outcome outcome = verdict.outcome();
    return outcome == null
        || (outcome.state() != ItemState.SUCCEEDED && outcome.state() != ItemState.SKIPPED);
  }

  /** Judges what was thrown, unless it is judged already. To be called where the call runs. */
  JudgedFailure judged(WorkItem item, Throwable thrown) {
    JudgedFailure known;
    synchronized (this) {
      known = judged.get(item.attempt());
    }
    return known != null ? known : verdicts.judge(item, thrown); // asks the host, which may hang
  }

  private JudgedFailure judgedOf(WorkItem item, Throwable thrown) {
    JudgedFailure known = judged.get(item.attempt());
    return known != null ? known : verdicts.judgeByPolicy(item, thrown);
  }

  @Override
  public List<ItemVerdict> timedOut(String message, boolean givenUp, long nanos) {
    return close(
        nanos,
        (item, each) ->
            givenUp
                ? verdicts.gaveUp(item, Verdicts.TIMEOUT, message, each)
                : verdicts.attemptFailed(item, Verdicts.TIMEOUT, message, each));
  }

  @Override
  public List<ItemVerdict> cancelled(boolean givenUp, long nanos) {
    return close(nanos, (item, each) -> ItemVerdict.cancelled(item, item.attempt(), each));
  }

  private synchronized List<ItemVerdict> close(long nanos, Unsettled unsettled) {
    closed = true;
    long each = nanos / work.size();
    List<ItemVerdict> all = new ArrayList<>(undecodable);
    for (Settleable item : decoded) {
      Word said = item.word;
      ItemVerdict verdict = said != null ? said.verdict(each) : unsettled.verdict(item.item, each);
      all.add(verdict.measured(item.measured));
    }
    if (all.isEmpty()) {
      work.forEach(item -> all.add(unsettled.verdict(item, each)));
    }
    return all;
  }

  @Override
  public List<WorkItem> work() {
    return work;
  }

  @Override
  public BatchId batchId() {
    return header().id();
  }

  @Override
  public String type() {
    return header().type();
  }

  @Override
  public Optional<String> submittedBy() {
    return Optional.ofNullable(header().submittedBy());
  }

  @Override
  public String metadata() {
    return header().metadata();
  }

  private BatchHeader header() {
    return work.get(0).batch().header();
  }

  @Override
  public String tenant() {
    return header().tenant();
  }

  @Override
  public <T> T metadata(Class<T> type) {
    return work.get(0).batch().metadata(type);
  }

  @Override
  public boolean isCancelled() {
    return cancelled.getAsBoolean();
  }

  @Override
  public List<ChunkItem<I, O>> items() {
    return Collections.unmodifiableList(decoded);
  }

  @Override
  public List<I> inputs() {
    return decoded.stream().map(Settleable::input).toList();
  }

  @Override
  public Optional<ChunkItem<I, O>> item(String key) {
    for (Settleable item : decoded) {
      if (key.equals(item.item.key())) {
        return Optional.of(item);
      }
    }
    return Optional.empty();
  }

  @Override
  public Iterator<ChunkItem<I, O>> iterator() {
    return items().iterator();
  }

  private interface Unsettled {
    ItemVerdict verdict(WorkItem item, long nanos);
  }

  private interface Word {
    ItemVerdict verdict(long nanos);
  }

  private final class Settleable implements ChunkItem<I, O> {
    private final WorkItem item;
    private final I input;
    private @Nullable Word word;
    private @Nullable Double quality;
    private Measured measured = Measured.NONE;

    Settleable(WorkItem item, I input) {
      this.item = item;
      this.input = input;
    }

    @Override
    public int index() {
      return item.index();
    }

    @Override
    public Optional<String> key() {
      return Optional.ofNullable(item.key());
    }

    @Override
    public int attempt() {
      return item.attempt();
    }

    @Override
    public boolean isLastAttempt() {
      return verdicts.isLastAttempt(item);
    }

    @Override
    public I input() {
      return input;
    }

    @Override
    public String idempotencyKey() {
      return item.idempotencyKey();
    }

    @Override
    public boolean isSettled() {
      synchronized (BulkCall.this) {
        return word != null || closed;
      }
    }

    @Override
    public ChunkItem<I, O> quality(double score) {
      double checked = Payloads.quality(score);
      synchronized (BulkCall.this) {
        quality = checked;
      }
      return this;
    }

    @Override
    public ChunkItem<I, O> measure(String name, double value) {
      int place = item.batch().placeOf(name);
      BigDecimal checked = Measure.value(name, value);
      synchronized (BulkCall.this) {
        measured = measured.plus(place, checked);
      }
      return this;
    }

    @Override
    public boolean succeed(@Nullable O output) {
      String text = output == null ? null : encoded(output);
      return say(nanos -> verdicts.succeeded(item, text, quality, nanos));
    }

    private String encoded(O output) {
      try (LogContext context = item.logContext()) {
        return Payloads.encode(outputs, output);
      }
    }

    @Override
    public boolean fail(Throwable thrown) {
      Objects.requireNonNull(thrown, "thrown");
      if (isSettled()) {
        return false;
      }
      JudgedFailure failure = verdicts.judge(item, thrown);
      return say(nanos -> verdicts.attemptFailed(item, failure, nanos));
    }

    @Override
    public boolean fail(String code, String message) {
      Objects.requireNonNull(code, "code");
      Objects.requireNonNull(message, "message");
      return say(nanos -> verdicts.attemptFailed(item, code, message, nanos));
    }

    @Override
    public boolean giveUp(String code, String message) {
      Objects.requireNonNull(code, "code");
      Objects.requireNonNull(message, "message");
      return say(nanos -> verdicts.gaveUp(item, code, message, nanos));
    }

    @Override
    public boolean retryAfter(Duration delay) {
      return retryAfter(delay, HoldScope.TYPE);
    }

    @Override
    public boolean retryAfter(Duration delay, HoldScope scope) {
      ItemCall.checkDelay(delay);
      Objects.requireNonNull(scope, "scope");
      return say(nanos -> ItemCall.putOff(verdicts, item, delay, scope, nanos));
    }

    @Override
    public boolean defer(Duration atMost) {
      ItemCall.checkBound(atMost);
      return say(nanos -> verdicts.deferred(item, atMost, nanos));
    }

    @Override
    public String deferral() {
      return ItemCall.deferral(item);
    }

    @Override
    public boolean skip(String reason) {
      Objects.requireNonNull(reason, "reason");
      return say(nanos -> verdicts.skipped(item, reason, quality, nanos));
    }

    private boolean say(Word said) {
      synchronized (BulkCall.this) {
        if (word != null || closed) {
          return false;
        }
        word = said;
        return true;
      }
    }
  }
}
