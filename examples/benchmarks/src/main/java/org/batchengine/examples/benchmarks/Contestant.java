package org.batchengine.examples.benchmarks;

/** A way to keep items in a database and to run them. For one thread. */
interface Contestant extends AutoCloseable {

  /** How it is set, in a few words. */
  String tuning();

  /** Connects, and makes its tables if they are missing. Nothing runs yet. */
  void open() throws Exception;

  /** Stores the items; they are durable when this returns. */
  void submit(int items) throws Exception;

  /** Works, with others on the same database, until every item is durably done. */
  void drain() throws Exception;

  /** {@return how many items are durably done} */
  long finished() throws Exception;

  @Override
  void close() throws Exception;
}
