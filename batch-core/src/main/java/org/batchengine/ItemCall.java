package org.batchengine;

import java.time.Duration;
import java.util.List;
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
import org.batchengine.model.Measure;
import org.batchengine.store.Measured;
import org.jspecify.annotations.Nullable;

/** The call of an {@link ItemProcessor}, and the context that the processor sees. */
final class ItemCall<I, O> implements Call, ItemContext {
  private static final Duration LONGEST_DELAY = Duration.ofDays(365);

  private final ItemProcessor<I, O> processor;
  private final PayloadCodec<I> inputs;
  private final PayloadCodec<O> outputs;
  private final Verdicts verdicts;
  private final WorkItem item;
  private final BooleanSupplier cancelled;
  private boolean called;
  private @Nullable String output;
  private @Nullable Double quality;
  private @Nullable JudgedFailure judged;
  private volatile Measured measured = Measured.NONE;
  private volatile @Nullable Word word;

  ItemCall(
      ItemProcessor<I, O> processor,
      PayloadCodec<I> inputs,
      PayloadCodec<O> outputs,
      Verdicts verdicts,
      WorkItem item,
      BooleanSupplier cancelled) {
    this.processor = processor;
    this.inputs = inputs;
    this.outputs = outputs;
    this.verdicts = verdicts;
    this.item = item;
    this.cancelled = cancelled;
  }

  @Override
  public void run() throws Exception {
    try (LogContext context = item.logContext()) {
      I input = Payloads.input(inputs, item);
      called = true;
      O result = processor.process(input, this);
      output = result == null ? null : Payloads.encode(outputs, result);
    } catch (Throwable e) {
      if (word == null && !Failures.isFatal(e)) {
        judge(e);
      }
      throw e;
    }
  }

  /** It has failed with this exception. To be called where it runs. */
  void judge(Throwable thrown) {
    judged = verdicts.judge(item, thrown);
  }

  @Override
  public List<ItemVerdict> verdicts(@Nullable Throwable thrown, long nanos) {
    return List.of(verdict(thrown, nanos).measured(measured));
  }

  private ItemVerdict verdict(@Nullable Throwable thrown, long nanos) {
    Word said = word;
    if (said != null) {
      return said.verdict(nanos);
    }
    if (thrown == null) {
      return verdicts.succeeded(item, output, quality, nanos);
    }
    JudgedFailure failure = judged;
    if (failure == null) {
      failure = verdicts.judgeByPolicy(item, thrown);
    }
    return called
        ? verdicts.attemptFailed(item, failure, nanos)
        : verdicts.inputFailed(item, thrown, failure, nanos);
  }

  @Override
  public List<ItemVerdict> timedOut(String message, boolean givenUp, long nanos) {
    Word said = word;
    if (said != null) {
      return List.of(said.verdict(nanos).measured(measured));
    }
    ItemVerdict verdict =
        givenUp
            ? verdicts.gaveUp(item, Verdicts.TIMEOUT, message, nanos)
            : verdicts.attemptFailed(item, Verdicts.TIMEOUT, message, nanos);
    return List.of(verdict.measured(measured));
  }

  @Override
  public List<ItemVerdict> cancelled(boolean givenUp, long nanos) {
    Word said = word;
    ItemVerdict verdict =
        said != null ? said.verdict(nanos) : ItemVerdict.cancelled(item, item.attempt(), nanos);
    return List.of(verdict.measured(measured));
  }

  @Override
  public List<WorkItem> work() {
    return List.of(item);
  }

  @Override
  public BatchId batchId() {
    return item.batch().header().id();
  }

  @Override
  public String type() {
    return item.batch().header().type();
  }

  @Override
  public String tenant() {
    return item.batch().header().tenant();
  }

  @Override
  public Optional<String> submittedBy() {
    return Optional.ofNullable(item.batch().header().submittedBy());
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
  public String idempotencyKey() {
    return item.idempotencyKey();
  }

  @Override
  public String metadata() {
    return item.batch().header().metadata();
  }

  @Override
  public <T> T metadata(Class<T> type) {
    return item.batch().metadata(type);
  }

  @Override
  public ItemContext quality(double score) {
    quality = Payloads.quality(score);
    return this;
  }

  @Override
  public ItemContext measure(String name, double value) {
    measured = measured.plus(item.batch().placeOf(name), Measure.value(name, value));
    return this;
  }

  @Override
  public boolean isCancelled() {
    return cancelled.getAsBoolean();
  }

  @Override
  @SuppressWarnings("TypeParameterUnusedInFormals")
  public <T> T retryAfter(Duration delay) {
    return retryAfter(delay, HoldScope.TYPE);
  }

  @Override
  @SuppressWarnings("TypeParameterUnusedInFormals")
  public <T> T retryAfter(Duration delay, HoldScope scope) {
    checkDelay(delay);
    Objects.requireNonNull(scope, "scope");
    throw said("retryAfter", nanos -> putOff(verdicts, item, delay, scope, nanos));
  }

  @Override
  @SuppressWarnings("TypeParameterUnusedInFormals")
  public <T> T defer(Duration atMost) {
    checkBound(atMost);
    throw said("defer", nanos -> verdicts.deferred(item, atMost, nanos));
  }

  @Override
  public String deferral() {
    return deferral(item);
  }

  @Override
  @SuppressWarnings("TypeParameterUnusedInFormals")
  public <T> T skip(String reason) {
    Objects.requireNonNull(reason, "reason");
    throw said("skip", nanos -> verdicts.skipped(item, reason, quality, nanos));
  }

  @Override
  @SuppressWarnings("TypeParameterUnusedInFormals")
  public <T> T fail(String code, String message) {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(message, "message");
    throw said("fail", nanos -> verdicts.attemptFailed(item, code, message, nanos));
  }

  @Override
  @SuppressWarnings("TypeParameterUnusedInFormals")
  public <T> T giveUp(String code, String message) {
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(message, "message");
    throw said("giveUp", nanos -> verdicts.gaveUp(item, code, message, nanos));
  }

  private Left said(String verb, Word said) {
    if (word == null) {
      word = said;
    }
    return new Left(
        verb + "() leaves the processor by this exception; its verdict is already recorded");
  }

  /** The item waits, and others of its type if the scope says so. */
  static ItemVerdict putOff(
      Verdicts verdicts, WorkItem item, Duration delay, HoldScope scope, long nanos) {
    if (scope == HoldScope.TYPE) {
      verdicts.slowDown(delay);
    }
    return verdicts.putOff(item, delay, nanos);
  }

  /**
   * Checks how long a processor wants to wait for the next attempt.
   *
   * @throws IllegalArgumentException if no store could keep it
   */
  static void checkDelay(Duration delay) {
    Arguments.between("retryAfter", delay, Duration.ZERO, LONGEST_DELAY);
  }

  /**
   * Checks how long an item may wait to be settled from outside.
   *
   * @throws IllegalArgumentException if no store could keep it
   */
  static void checkBound(Duration atMost) {
    Arguments.between("defer", atMost, Duration.ofMillis(1), LONGEST_DELAY);
  }

  static String deferral(WorkItem item) {
    return item.idempotencyKey() + "/" + item.attempt();
  }

  /** Leaves a processor whose verdict is noted; catching it changes nothing. */
  static final class Left extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Left(String message) {
      super(message, null, false, false);
    }
  }

  /** The verdict that the processor has given; the first one counts. */
  private interface Word {
    ItemVerdict verdict(long nanos);
  }
}
