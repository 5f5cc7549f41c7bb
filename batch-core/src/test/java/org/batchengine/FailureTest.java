package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.texts;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of items whose processor or codec fails, and of the others. */
class FailureTest {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);
  private static final JobOptions NO_RETRY = JobOptions.defaults().retry(RetryPolicy.none());

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private BatchItem<String, String> processed(ItemProcessor<String, String> processor)
      throws Exception {
    return processed(processor, "input");
  }

  private BatchItem<String, String> processed(ItemProcessor<String, String> processor, String input)
      throws Exception {
    var engine = world.engine(builder -> builder.register(WORK, processor, NO_RETRY));
    return engine.item(ended(engine, List.of(input)), 0).orElseThrow();
  }

  private static BatchId ended(ManualEngine engine, Iterable<String> inputs) throws Exception {
    var id = engine.submit(WORK, inputs);
    assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
    return id;
  }

  @Nested
  class OfAProcessor {

    static Stream<Throwable> throwables() {
      return Stream.of(
          new IOException("checked"),
          new IllegalStateException("unchecked"),
          new StackOverflowError("deep"),
          new AssertionError("assertion"),
          new NoClassDefFoundError("class"),
          new Error("other"),
          new Throwable("neither"),
          new Hostile());
    }

    @DisplayName("FAULT-P1 FAULT-P2 whatever is thrown fails its item")
    @ParameterizedTest
    @MethodSource("throwables")
    void isWhateverTheProcessorThrows(Throwable thrown) throws Exception {
      var item = processed((input, context) -> EngineFixture.thrown(thrown));

      assertThat(item.state()).isEqualTo(ItemState.FAILED);
      assertThat(item.error()).map(ItemError::type).contains(thrown.getClass().getName());
    }

    @ParameterizedTest
    @MethodSource("throwables")
    @DisplayName("REQ-U11 a bad item does not stop the others")
    void doesNotStopTheOthers(Throwable thrown) throws Exception {
      ItemProcessor<String, String> processor =
          (input, context) -> context.index() % 10 == 3 ? EngineFixture.thrown(thrown) : input;
      var engine = world.engine(builder -> builder.register(WORK, processor, NO_RETRY));

      var id = ended(engine, texts(100));

      assertThat(engine.status(id).counts().succeeded()).isEqualTo(90);
      assertThat(engine.status(id).counts().failed()).isEqualTo(10);
      assertThat(engine.status(id).hasFailures()).isTrue();
    }

    @DisplayName("FAULT-P1 an output of a wrong type fails its item")
    @Test
    void isAnOutputOfAWrongType() throws Exception {
      @SuppressWarnings({"unchecked", "rawtypes"})
      ItemProcessor<String, String> wrong = (ItemProcessor) (input, context) -> 5;

      var item = processed(wrong);

      assertThat(item.state()).isEqualTo(ItemState.FAILED);
      assertThat(item.error()).map(ItemError::message).isPresent();
    }

    @Test
    void isAnOutputThatCannotBeStored() throws Exception {
      for (var wrong : List.of("a\0b", "\uD800", "x".repeat(1 << 20) + "y")) {
        var item = processed((input, context) -> wrong);

        assertThat(item.state()).isEqualTo(ItemState.FAILED);
        assertThat(item.error()).map(ItemError::type).contains("REFUSED_OUTPUT");
      }
    }

    @Test
    void isNoOutputAsLargeAsTheLimit() throws Exception {
      assertThat(processed((input, context) -> "x".repeat(1 << 20)).state())
          .isEqualTo(ItemState.SUCCEEDED);
    }

    @Test
    void hasCleanTexts() throws Exception {
      var item = processed((input, context) -> context.giveUp("CODE", "a\0b\uD800"));

      assertThat(item.error()).map(ItemError::message).contains("a\uFFFDb\uFFFD");
    }
  }

  @Nested
  class OfACodec {

    @DisplayName("FAULT-P13 a codec that throws fails its item alone, read")
    @ParameterizedTest
    @MethodSource("org.batchengine.FailureTest#codecFailures")
    void thatCannotBeReadFailTheirItemAlone(Throwable thrown) throws Exception {
      var type = JobType.of("coded", new Coded("read", thrown), new Coded("", thrown));

      assertOneFailed(type, "encoding or decoding never quotes");
    }

    @DisplayName("FAULT-P13 a codec that throws fails its item alone, written")
    @ParameterizedTest
    @MethodSource("org.batchengine.FailureTest#codecFailures")
    void thatCannotBeWrittenFailTheirItemAlone(Throwable thrown) throws Exception {
      var type = JobType.of("coded", new Coded("", thrown), new Coded("write", thrown));

      assertOneFailed(type, "neither");
    }

    @Test
    void thatStandForNullFailTheirItem() throws Exception {
      var engine = world.engine(builder -> builder.register(LENGTH, String::length));
      var nothing = JobType.of("length", new Nothing(), new Nothing());
      var reader = world.engine(builder -> builder.register(nothing, input -> "never"));
      world.kill(engine);

      var id = engine.submit(LENGTH, List.of("a"));
      reader.runUntilIdle();
      world.pass(Duration.ofMinutes(2), reader);
      reader.await(id);

      assertThat(reader.errors(id, 0))
          .first()
          .extracting(ItemError::message)
          .asString()
          .startsWith("this node cannot read the input")
          .endsWith("the input decodes to null");
    }

    private void assertOneFailed(JobType<String, String> type, String why) throws Exception {
      var engine = world.engine(builder -> builder.register(type, input -> input));

      var id = engine.submit(type, List.of("fine", "bad", "good"));
      engine.runUntilIdle();
      world.pass(Duration.ofMinutes(2), engine);

      assertThat(engine.await(id).counts().succeeded()).isEqualTo(2);
      assertThat(EngineFixture.states(engine, id))
          .as(why)
          .containsExactly(ItemState.SUCCEEDED, ItemState.FAILED, ItemState.SUCCEEDED);
    }
  }

  static Stream<Throwable> codecFailures() {
    return Stream.of(new IOException("bad text"), new StackOverflowError("deep"));
  }

  /** Whatever it is asked, it throws. */
  private static final class Hostile extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new AssertionError("message");
    }

    @Override
    public String toString() {
      throw new StackOverflowError("toString");
    }

    @Override
    public synchronized Throwable getCause() {
      throw new IllegalStateException("cause");
    }
  }

  /** Throws on one side of one text. */
  private record Coded(String side, Throwable thrown) implements PayloadCodec<String> {

    @Override
    public String format() {
      return "coded";
    }

    @Override
    public String encode(String payload) {
      return side.equals("write") && payload.equals("bad") ? EngineFixture.thrown(thrown) : payload;
    }

    @Override
    public String decode(String text) {
      return side.equals("read") && text.equals("bad") ? EngineFixture.thrown(thrown) : text;
    }
  }

  private static final class Nothing implements PayloadCodec<String> {

    @Override
    public String format() {
      return "text";
    }

    @Override
    public String encode(String payload) {
      return "";
    }

    @Override
    public String decode(String text) {
      return null;
    }
  }
}
