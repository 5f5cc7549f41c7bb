package org.batchengine;

import static java.util.Objects.requireNonNull;

/**
 * A job type with its processor and options as one value, for processors that are beans or come
 * from configuration; {@link BatchEngine.Builder#registerAll} takes them together.
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

  /** Work of one item from its input alone. */
  public static <I, O> Registration<I, O> of(
      JobType<I, O> type, ItemFunction<? super I, ? extends O> function) {
    return of(type, (ItemProcessor<? super I, ? extends O>) function);
  }

  /** Work of one item with a view of where it stands. */
  public static <I, O> Registration<I, O> of(
      JobType<I, O> type, ItemProcessor<? super I, ? extends O> processor) {
    requireNonNull(processor, "processor");
    return new Registration<>(
        type, new Processor.PerItem<>(processor::process), JobOptions.defaults());
  }

  /** Work of one item that yields no output. */
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

  /** Work of many items in one call. */
  public static <I, O> Registration<I, O> bulk(JobType<I, O> type, BatchProcessor<I, O> processor) {
    requireNonNull(processor, "processor");
    return new Registration<>(type, new Processor.PerChunk<>(processor), JobOptions.defaults());
  }

  /**
   * Work of one item in the transaction that its outcome is written in.
   *
   * @param kind what the store is to give as the transaction
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

  /** {@return the same with these options in place of its own} */
  public Registration<I, O> with(JobOptions options) {
    return new Registration<>(type, processor, options);
  }

  /** {@return what the processor works on} */
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
