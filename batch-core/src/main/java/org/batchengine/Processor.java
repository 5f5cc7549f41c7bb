package org.batchengine;

import java.util.List;
import java.util.function.LongSupplier;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.engine.run.Call;
import org.batchengine.engine.verdict.Verdicts;
import org.jspecify.annotations.Nullable;

/** The host code of a job type; one case for each shape that it can have. */
sealed interface Processor<I, O> {

  /** How many items a call of it has at most, if the type's chunk size is as given. */
  int itemsPerCall(int chunkSize);

  /** The kind of transaction that each call holds while it runs; null if none. */
  default @Nullable Class<?> transaction() {
    return null;
  }

  /** {@return the same host code, with each call inside the interceptor's} */
  Processor<I, O> within(CallInterceptor interceptor);

  /** Makes the calls of it. */
  Call.Maker calls(JobType<I, O> type, EngineConfig config, Verdicts verdicts, LongSupplier nanos);

  /** Called with one item. */
  record PerItem<I, O>(ItemProcessor<I, O> code) implements Processor<I, O> {

    @Override
    public Processor<I, O> within(CallInterceptor interceptor) {
      return new PerItem<>(
          (input, context) ->
              InterceptedCall.within(
                  interceptor,
                  InterceptedCall.Facts.of(context),
                  null,
                  () -> code.process(input, context)));
    }

    @Override
    public int itemsPerCall(int chunkSize) {
      return 1;
    }

    @Override
    public Call.Maker calls(
        JobType<I, O> type, EngineConfig config, Verdicts verdicts, LongSupplier nanos) {
      PayloadCodec<I> inputs = type.inputCodec(config.codecs());
      PayloadCodec<O> outputs = type.outputCodec(config.codecs());
      return (items, cancelled) ->
          new ItemCall<>(code, inputs, outputs, verdicts, items.get(0), cancelled);
    }
  }

  /** Called with a chunk of items. */
  record PerChunk<I, O>(BatchProcessor<I, O> code) implements Processor<I, O> {

    @Override
    public Processor<I, O> within(CallInterceptor interceptor) {
      return new PerChunk<>(
          chunk ->
              InterceptedCall.within(
                  interceptor,
                  InterceptedCall.Facts.of(chunk),
                  null,
                  () -> {
                    code.process(chunk);
                    return null;
                  }));
    }

    @Override
    public int itemsPerCall(int chunkSize) {
      return chunkSize;
    }

    @Override
    public Call.Maker calls(
        JobType<I, O> type, EngineConfig config, Verdicts verdicts, LongSupplier nanos) {
      PayloadCodec<I> inputs = type.inputCodec(config.codecs());
      PayloadCodec<O> outputs = type.outputCodec(config.codecs());
      return (items, cancelled) ->
          new BulkCall<>(code, inputs, outputs, verdicts, List.copyOf(items), cancelled);
    }
  }

  /**
   * Called with one item and the transaction that its outcome is written in.
   *
   * @param kind the kind of transaction that the store must give
   */
  record PerTransaction<I, O, T>(Class<T> kind, TransactionalProcessor<I, O, T> code)
      implements Processor<I, O> {

    @Override
    public Processor<I, O> within(CallInterceptor interceptor) {
      return new PerTransaction<>(
          kind,
          (input, transaction, context) ->
              InterceptedCall.within(
                  interceptor,
                  InterceptedCall.Facts.of(context),
                  transaction,
                  () -> code.process(input, transaction, context)));
    }

    @Override
    public Class<?> transaction() {
      return kind;
    }

    @Override
    public int itemsPerCall(int chunkSize) {
      return Math.min(chunkSize, ItemTransactionCall.MOST_ITEMS);
    }

    @Override
    public Call.Maker calls(
        JobType<I, O> type, EngineConfig config, Verdicts verdicts, LongSupplier nanos) {
      PayloadCodec<I> inputs = type.inputCodec(config.codecs());
      PayloadCodec<O> outputs = type.outputCodec(config.codecs());
      ItemTransactionCall.Items<T> calls =
          (item, transaction, cancelled) ->
              new ItemCall<>(
                  (input, context) -> code.process(input, transaction, context),
                  inputs,
                  outputs,
                  verdicts,
                  item,
                  cancelled);
      return (items, cancelled) ->
          new ItemTransactionCall<>(
              session -> config.store().settling().beginTransaction(kind, session),
              calls,
              verdicts,
              List.copyOf(items),
              cancelled,
              nanos);
    }
  }

  /**
   * Called with a chunk of items and the transaction that their outcomes are written in.
   *
   * @param kind the kind of transaction that the store must give
   */
  record PerChunkTransaction<I, O, T>(Class<T> kind, BulkTransactionalProcessor<I, O, T> code)
      implements Processor<I, O> {

    @Override
    public Processor<I, O> within(CallInterceptor interceptor) {
      return new PerChunkTransaction<>(
          kind,
          (chunk, transaction) ->
              InterceptedCall.within(
                  interceptor,
                  InterceptedCall.Facts.of(chunk),
                  transaction,
                  () -> {
                    code.process(chunk, transaction);
                    return null;
                  }));
    }

    @Override
    public Class<?> transaction() {
      return kind;
    }

    @Override
    public int itemsPerCall(int chunkSize) {
      return chunkSize;
    }

    @Override
    public Call.Maker calls(
        JobType<I, O> type, EngineConfig config, Verdicts verdicts, LongSupplier nanos) {
      PayloadCodec<I> inputs = type.inputCodec(config.codecs());
      PayloadCodec<O> outputs = type.outputCodec(config.codecs());
      BulkTransactionCall.Chunks<T> calls =
          (items, transaction, cancelled) ->
              new BulkCall<>(
                  chunk -> code.process(chunk, transaction),
                  inputs,
                  outputs,
                  verdicts,
                  items,
                  cancelled);
      return (items, cancelled) ->
          new BulkTransactionCall<>(
              session -> config.store().settling().beginTransaction(kind, session),
              calls,
              verdicts,
              List.copyOf(items),
              cancelled,
              nanos);
    }
  }
}
