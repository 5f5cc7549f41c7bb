package org.batchengine;

/** What the engine calls for the items of a type; one case for each shape of host code. */
sealed interface Processor<I, O> {

  /** Called with one item. */
  record PerItem<I, O>(ItemProcessor<I, O> code) implements Processor<I, O> {}

  /** Called with a chunk of items. */
  record PerChunk<I, O>(BatchProcessor<I, O> code) implements Processor<I, O> {}

  /**
   * Called with one item and the transaction that its outcome is written in.
   *
   * @param kind what the store is to give as the transaction
   */
  record PerTransaction<I, O, T>(Class<T> kind, TransactionalProcessor<I, O, T> code)
      implements Processor<I, O> {}
}
