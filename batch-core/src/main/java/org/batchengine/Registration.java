package org.batchengine;

import static java.util.Objects.requireNonNull;

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
 * <p>Immutable.
 */
public final class Registration<I, O> {
  private final JobType<I, O> type;
  private final Processor<I, O> processor;
  private final JobOptions options;

  private Registration(JobType<I, O> type, Processor<I, O> processor, JobOptions options) {
    this.type = requireNonNull(type, "type");
    this.processor = processor;
    this.options = requireNonNull(options, "options");
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
    return new Registration<>(
        type, new Processor.PerItem<>(processor::process), JobOptions.defaults());
  }

  /** Returns a registration for a processor that takes an item's input and has no output. */
  public static <I> Registration<I, Void> action(
      JobType<I, Void> type, ItemAction<? super I> action) {
    requireNonNull(action, "action");
    return of(
        type,
        (input, context) -> {
          action.run(input);
          return null;
        });
  }

  /** Returns a registration for a processor that takes many items per call. */
  public static <I, O> Registration<I, O> bulk(JobType<I, O> type, BatchProcessor<I, O> processor) {
    requireNonNull(processor, "processor");
    return new Registration<>(type, new Processor.PerChunk<>(processor), JobOptions.defaults());
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
        type,
        new Processor.PerTransaction<I, O, T>(kind, processor::process),
        JobOptions.defaults());
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
        type,
        new Processor.PerChunkTransaction<I, O, T>(kind, processor::process),
        JobOptions.defaults());
  }

  /** {@return a copy with these options in place of its own} */
  public Registration<I, O> with(JobOptions options) {
    return new Registration<>(type, processor, options);
  }

  Registration<I, O> within(CallInterceptor interceptor) {
    return new Registration<>(type, processor.within(interceptor), options);
  }

  /** {@return the job type that the processor handles} */
  public JobType<I, O> type() {
    return type;
  }

  Processor<I, O> processor() {
    return processor;
  }

  JobOptions options() {
    return options;
  }

  @Override
  public String toString() {
    return "Registration[" + type + ", " + options + "]";
  }
}
