package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.texts;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What touches whom when something fails in bulk. */
class BulkFailureTest {
  private static final JobType<String, Integer> WORK =
      JobType.of("work", String.class, Integer.class);
  private static final Duration SECOND = Duration.ofSeconds(1);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<Integer> chunkSizes = new ArrayList<>();

  private ManualEngine engine(BatchProcessor<String, Integer> processor) {
    return engine(JobOptions.defaults().chunkSize(10).retry(RetryPolicy.none()), processor);
  }

  private ManualEngine engine(JobOptions options, BatchProcessor<String, Integer> processor) {
    return world.engine(
        builder ->
            builder.registerBulk(
                WORK,
                chunk -> {
                  chunkSizes.add(chunk.items().size());
                  processor.process(chunk);
                },
                options));
  }

  private static BatchId ended(ManualEngine engine, int items) throws Exception {
    var id = engine.submit(WORK, texts(items));
    assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
    return id;
  }

  @Nested
  class Failures {

    static Stream<Throwable> throwables() {
      return Stream.of(
          new IOException("lost"),
          new IllegalStateException("state"),
          new StackOverflowError("deep"),
          new NoClassDefFoundError("class"));
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void touchOnlyWhatHasNoVerdict(Throwable thrown) throws Exception {
      var engine =
          engine(
              chunk -> {
                chunk.items().get(0).succeed(1);
                chunk.items().get(1).skip("");
                EngineFixture.<Void>thrown(thrown);
              });

      var id = ended(engine, 4);

      assertThat(EngineFixture.states(engine, id))
          .containsExactly(
              ItemState.SUCCEEDED, ItemState.SKIPPED, ItemState.FAILED, ItemState.FAILED);
      assertThat(engine.errors(id, 3))
          .extracting(ItemError::type)
          .containsExactly(thrown.getClass().getName());
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void toReadAnInputTouchThatItemAlone(Throwable thrown) throws Exception {
      var type = JobType.of("coded", new Coded(thrown), new Coded());
      var options = JobOptions.defaults().retry(RetryPolicy.none());
      var engine =
          world.engine(
              builder ->
                  builder.registerBulk(
                      type,
                      chunk -> {
                        chunkSizes.add(chunk.items().size());
                        chunk.forEach(item -> item.succeed(item.input()));
                      },
                      options));

      var id = engine.submit(type, List.of("a", "unreadable", "c"));
      engine.runUntilIdle();
      world.pass(Duration.ofSeconds(5), engine);
      engine.await(id);

      assertThat(EngineFixture.states(engine, id))
          .containsExactly(ItemState.SUCCEEDED, ItemState.FAILED, ItemState.SUCCEEDED);
      assertThat(chunkSizes).containsExactly(2);
    }

    @Test
    void toReadEveryInputCallNothing() throws Exception {
      var type = JobType.of("coded", new Coded(new IOException()), new Coded());
      var engine =
          world.engine(
              builder ->
                  builder.registerBulk(
                      type,
                      chunk -> chunkSizes.add(1),
                      JobOptions.defaults().retry(RetryPolicy.none())));
      var written = JobType.of("coded", String.class, String.class);
      var submitter = world.engine(builder -> builder);

      var id = submitter.submit(written, List.of("unreadable", "unreadable"));
      engine.runUntilIdle();
      world.pass(Duration.ofSeconds(5), engine);

      assertThat(engine.await(id).counts().failed()).isEqualTo(2);
      assertThat(chunkSizes).isEmpty();
    }

    @Test
    void toWriteAnOutputTouchThatItemAlone() throws Exception {
      var type = JobType.of("coded", new Coded(), new Coded());
      var engine =
          world.engine(
              builder ->
                  builder.registerBulk(
                      type, chunk -> chunk.forEach(item -> item.succeed(item.input() + "!"))));

      var id = engine.submit(type, List.of("a", "b", "unwritable"));
      engine.await(id, Duration.ZERO);
      engine.runUntilIdle();

      assertThat(EngineFixture.states(engine, id))
          .containsExactly(ItemState.SUCCEEDED, ItemState.SUCCEEDED, ItemState.FAILED);
    }
  }

  @Nested
  class Retries {

    @Test
    void areOfThoseThatFailedAlone() throws Exception {
      var engine =
          engine(
              JobOptions.defaults().chunkSize(10).retry(RetryPolicy.fixed(SECOND)),
              chunk ->
                  chunk.forEach(
                      item -> {
                        if (item.index() % 2 == 0 || item.attempt() == 3) {
                          item.succeed(item.attempt());
                        } else {
                          item.fail("AGAIN", "");
                        }
                      }));

      var id = engine.submit(WORK, texts(10));
      engine.runUntilIdle();
      world.pass(SECOND, engine);
      world.pass(SECOND, engine);

      assertThat(engine.status(id).counts().succeeded()).isEqualTo(10);
      assertThat(chunkSizes).containsExactly(10, 5, 5);
      assertThat(engine.items(id, ItemQuery.all()))
          .extracting(BatchItem::attempts)
          .containsExactly(1, 3, 1, 3, 1, 3, 1, 3, 1, 3);
    }

    @Test
    void areAskedForByDelay() throws Exception {
      var engine =
          engine(
              JobOptions.defaults(),
              chunk ->
                  chunk.forEach(
                      item -> {
                        if (item.attempt() == 1) {
                          item.retryAfter(Duration.ofHours(1));
                        } else {
                          item.succeed(1);
                        }
                      }));
      var id = engine.submit(WORK, texts(3));
      engine.runUntilIdle();

      assertThat(engine.item(id, 0).orElseThrow().dueAt())
          .contains(EngineFixture.START.plus(Duration.ofHours(1)));
      world.pass(Duration.ofHours(1));
      assertThat(engine.await(id).counts().succeeded()).isEqualTo(3);
    }
  }

  /** Cannot read one text, nor write another. */
  private record Coded(Throwable thrown) implements PayloadCodec<String> {

    Coded() {
      this(new IllegalArgumentException());
    }

    @Override
    public String format() {
      return "coded";
    }

    @Override
    public boolean reads(String format) {
      return true;
    }

    @Override
    public String encode(String payload) {
      return payload.equals("unwritable!") ? EngineFixture.thrown(thrown) : payload;
    }

    @Override
    public String decode(String text) {
      return text.equals("unreadable") ? EngineFixture.thrown(thrown) : text;
    }
  }
}
