package org.batchengine.jdbc;

import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.ManualEngine;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.BatchStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What the parts of the contract share: an engine that takes payloads of up to 1,000 bytes. */
abstract class GivenTextContract {
  static final JobType<String, String> ECHO = JobType.of("echo", String.class, String.class);

  static final int MOST_BYTES = 1_000;
  static final String FOUR_BYTES = "\uD83D\uDE00";
  static final JobOptions NO_RETRY = JobOptions.defaults().retry(RetryPolicy.none());

  private final Supplier<LimitedStore> opener;
  LimitedStore under;
  BatchStore store;
  ManualEngine engine;

  GivenTextContract(Supplier<LimitedStore> opener) {
    this.opener = opener;
  }

  @BeforeEach
  void open() {
    under = opener.get();
    store = under.store();
    engine = engine(builder -> builder.register(ECHO, input -> input, NO_RETRY));
  }

  @AfterEach
  void close() {
    engine.close();
    under.close();
  }

  ManualEngine engine(UnaryOperator<BatchEngine.Builder> options) {
    return options.apply(BatchEngine.builder(store).maxPayload(MOST_BYTES)).manual();
  }

  /** Another engine in the place of the one before. */
  void reopen(UnaryOperator<BatchEngine.Builder> options) {
    engine.close();
    engine = engine(options);
  }

  BatchRequest<String> request() {
    return BatchRequest.of(ECHO, List.of("input"));
  }

  static Stream<String> unstorable() {
    return Stream.of("a\0", "a\uD83Db", "\uDE00a", "a\uD83D", "\uDE00\uD83D");
  }
}
