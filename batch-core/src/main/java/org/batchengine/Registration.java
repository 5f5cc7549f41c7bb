package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.util.Objects;
import org.batchengine.engine.run.TypeSettings;
import org.jspecify.annotations.Nullable;

/**
 * A job type with its processor and options as one value, for processors that are beans or come
 * from configuration. {@link BatchEngine.Builder#registerAll} takes a collection of them.
 *
 * <pre>{@code
 * Registration<String, Integer> lengths =
 *     Registration.of(LENGTH, text -> text.length())
 *         .with(JobOptions.defaults().concurrency(2));
 * }</pre>
 *
 * <p>Immutable. Two are equal if their types, their processors and their options are.
 */
public final class Registration<I, O> {
  private final JobType<I, O> type;
  private final Object code;
  private final Processor<I, O> processor;
  private final JobOptions options;

  private Registration(
      JobType<I, O> type, Object code, Processor<I, O> processor, JobOptions options) {
    this.type = requireNonNull(type, "type");
    this.code = code;
    this.processor = processor;
    this.options = requireNonNull(options, "options");
  }

  private Registration(JobType<I, O> type, Object code, Processor<I, O> processor) {
    this(type, code, processor, JobOptions.defaults());
  }

  /** Returns a registration for a processor that takes an item's input. */
  public static <I, O> Registration<I, O> of(
      JobType<I, O> type, ItemFunction<? super I, ? extends O> function) {
    return of(type, (ItemProcessor<? super I, ? extends O>) function);
  }

  /**
   * Returns a registration for a processor that takes an item's input and its {@link ItemContext}.
   */
  public static <I, O> Registration<I, O> of(
      JobType<I, O> type, ItemProcessor<? super I, ? extends O> processor) {
    requireNonNull(processor, "processor");
    return new Registration<>(type, processor, new Processor.PerItem<>(processor::process));
  }

  /** Returns a registration for a processor that takes an item's input and has no output. */
  public static <I> Registration<I, Void> action(
      JobType<I, Void> type, ItemAction<? super I> action) {
    requireNonNull(action, "action");
    ItemProcessor<I, Void> process =
        (input, context) -> {
          action.run(input);
          return null;
        };
    return new Registration<>(type, action, new Processor.PerItem<>(process));
  }

  /** Returns a registration for a processor that takes many items per call. */
  public static <I, O> Registration<I, O> bulk(JobType<I, O> type, BatchProcessor<I, O> processor) {
    requireNonNull(processor, "processor");
    return new Registration<>(type, processor, new Processor.PerChunk<>(processor));
  }

  /**
   * Returns a registration for a processor that runs in the transaction that writes the item's
   * outcome.
   *
   * @param kind the transaction type passed to the processor, for example {@code Connection.class}
   */
  public static <I, O, T> Registration<I, O> transactional(
      JobType<I, O> type,
      Class<T> kind,
      TransactionalProcessor<? super I, ? extends O, ? super T> processor) {
    requireNonNull(kind, "kind");
    requireNonNull(processor, "processor");
    return new Registration<>(
        type, processor, new Processor.PerTransaction<I, O, T>(kind, processor::process));
  }

  /**
   * Returns a registration for a processor that takes many items per call, in the transaction that
   * writes their outcomes.
   *
   * @param kind the transaction type passed to the processor, for example {@code Connection.class}
   */
  public static <I, O, T> Registration<I, O> bulkTransactional(
      JobType<I, O> type, Class<T> kind, BulkTransactionalProcessor<I, O, ? super T> processor) {
    requireNonNull(kind, "kind");
    requireNonNull(processor, "processor");
    return new Registration<>(
        type, processor, new Processor.PerChunkTransaction<I, O, T>(kind, processor::process));
  }

  /** {@return a copy with these options in place of its own} */
  public Registration<I, O> with(JobOptions options) {
    return new Registration<>(type, code, processor, options);
  }

  Registration<I, O> within(CallInterceptor interceptor) {
    return new Registration<>(type, code, processor.within(interceptor), options);
  }

  /** {@return the job type that the processor handles} */
  public JobType<I, O> type() {
    return type;
  }

  Processor<I, O> processor() {
    return processor;
  }

  /** {@return the options; what they leave unset, the engine's defaults decide} */
  public JobOptions options() {
    return options;
  }

  /**
   * Refuses another registration of the same name.
   *
   * @throws IllegalArgumentException unless the two are equal
   */
  void mustEqual(Registration<?, ?> other) {
    if (equals(other)) {
      return;
    }
    String what =
        code.equals(other.code)
            ? "with " + named(code) + ", but with another type or other options"
            : "with " + named(code) + " and with " + named(other.code);
    throw new IllegalArgumentException(
        "job type \""
            + type.name()
            + "\" is registered twice: "
            + what
            + "; a type has one processor, so remove one of the two");
  }

  private static String named(Object code) {
    String name = code.getClass().getName();
    int lambda = name.indexOf("$$Lambda");
    return lambda < 0 ? name : "a lambda of " + name.substring(0, lambda);
  }

  /** How an engine processes the type, once the options are complete. */
  TypeSettings settings() {
    return new TypeSettings(
        type.name(),
        options.concurrency(),
        processor.itemsPerCall(options.chunkSize()),
        processor.itemsPerCall(options.maxChunkSize()),
        processor instanceof Processor.PerTransaction,
        options.claim().least(),
        options.claim().most(),
        options.timeout(),
        options.maxTimeout());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Registration<?, ?> that
        && type.equals(that.type)
        && code.equals(that.code)
        && processor.getClass() == that.processor.getClass()
        && Objects.equals(processor.transaction(), that.processor.transaction())
        && options.equals(that.options);
  }

  @Override
  public int hashCode() {
    return Objects.hash(type, code, options);
  }

  @Override
  public String toString() {
    return "Registration[" + type + ", " + options + "]";
  }
}
