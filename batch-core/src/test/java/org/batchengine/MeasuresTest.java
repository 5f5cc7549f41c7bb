package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.batchengine.EngineFixture.texts;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;
import org.batchengine.model.Measure;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeasuresTest {
  private static final JobType<String, String> PLAIN =
      JobType.of("ask", String.class, String.class);
  private static final JobType<String, String> ASK = PLAIN.measuring("usd", "tokens");
  private static final JobOptions TWICE =
      JobOptions.defaults().retry(RetryPolicy.fixed(Duration.ofSeconds(1)).maxRetries(1));

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private BatchId worked(ItemProcessor<String, String> processor, int items) {
    var engine = world.engine(builder -> builder.register(ASK, processor, TWICE));
    var id = engine.submit(ASK, texts(items));
    engine.runUntilIdle();
    world.pass(Duration.ofSeconds(3), engine);
    assertThat(engine.status(id).isTerminal()).isTrue();
    return id;
  }

  private Map<String, Measure> measures(BatchId id) {
    return world.engine(builder -> builder).status(id).measures();
  }

  private static Measure measure(String sum, long items) {
    return new Measure(new BigDecimal(sum), items);
  }

  /** Ten items at 0.1 make 1, which doubles do not. */
  @Test
  void areSummedUpExactlyWithTheMeanOfAnItem() {
    var id =
        worked(
            (input, context) -> {
              context.measure("usd", 0.1).quality(0.7);
              return context.index() < 3 ? context.measure("tokens", 5).skip("none") : input;
            },
            10);

    assertThat(measures(id))
        .containsExactly(
            Map.entry("usd", measure("1", 10)),
            Map.entry("tokens", measure("15", 3)),
            Map.entry("quality", measure("7", 10)));
    assertThat(measures(id).get("usd").mean()).contains(new BigDecimal("0.1"));
  }

  @Test
  void countFailedAttemptsTooAndAreNotCountedAgainWhenItemsAreReopened() {
    var engine =
        world.engine(
            builder ->
                builder.register(
                    ASK,
                    (input, context) -> {
                      context.measure("usd", 0.25).measure("usd", 0.25);
                      return context.attempt() < 3 ? context.fail("BUSY", "busy") : input;
                    },
                    TWICE));
    var id = engine.submit(ASK, texts(4));
    engine.runUntilIdle();
    assertThat(engine.status(id).measures().get("usd")).isEqualTo(measure("2", 4));
    world.pass(Duration.ofSeconds(3), engine);
    assertThat(engine.status(id).counts().failed()).isEqualTo(4);
    assertThat(engine.status(id).measures().get("usd")).isEqualTo(measure("4", 4));

    engine.retryFailed(id, "it answers again");
    assertThat(engine.status(id).measures().get("usd")).isEqualTo(measure("4", 4));
    engine.runUntilIdle();

    assertThat(engine.status(id).isSuccess()).isTrue();
    assertThat(engine.status(id).measures().get("usd")).isEqualTo(measure("6", 4));
    assertThat(engine.status(id).measures().get("usd").mean()).contains(new BigDecimal("1.5"));
  }

  @Test
  void areGivenForEachItemOfAChunk() {
    var engine =
        world.engine(
            builder ->
                builder.registerBulk(
                    ASK,
                    chunk ->
                        chunk.forEach(
                            item -> item.measure("tokens", item.index()).succeed("done"))));
    var id = engine.submit(ASK, texts(5));
    engine.runUntilIdle();

    assertThat(engine.status(id).measures())
        .containsExactly(Map.entry("usd", measure("0", 0)), Map.entry("tokens", measure("10", 5)));
    assertThat(engine.item(id, 3).orElseThrow().measures())
        .containsExactly(Map.entry("tokens", new BigDecimal("3")));
    assertThat(engine.status(id).toMap())
        .containsEntry("measure_tokens_sum", new BigDecimal("10"))
        .containsEntry("measure_tokens_mean", new BigDecimal("2"))
        .doesNotContainKey("measure_usd_mean");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, 1.1e15, -1.1e15})
  void mustBeNumbersWithinTheRange(double value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Measure.value("usd", value))
        .withMessage(
            "measure \"usd\": %s is out of range; give a number from -1e15 to 1e15", value);
  }

  @Test
  void mustBeDeclared() {
    var id = worked((input, context) -> context.measure("eur", 1) == null ? null : input, 1);

    var item = world.engine(builder -> builder).item(id, 0).orElseThrow();
    assertThat(item.state()).isEqualTo(ItemState.FAILED);
    assertThat(item.error().orElseThrow().message())
        .startsWith("measure \"eur\" is none of the measures [usd, tokens] that batch")
        .endsWith("declare it with JobType.measuring");
  }

  @Test
  void haveNamesThatCanBeToldApart() {
    refused(
        "5 measures [a, b, c, d, e] are too many: a job type has at most 4",
        "a",
        "b",
        "c",
        "d",
        "e");
    refused("measure \"a,b\" is not allowed: use 1 to 50 letters, digits, '.', '_' or '-'", "a,b");
    refused("measure \"usd\" is named twice; name each once", "usd", "usd");
    refused(
        "measure \"quality\" is there already: call quality(score), and leave the name out",
        "quality");
  }

  private static void refused(String message, String... names) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PLAIN.measuring(names))
        .withMessage(message);
  }

  @Test
  void areThoseOfTheRegisteredType() {
    var engine = world.engine(builder -> builder.register(ASK, input -> input));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.submit(PLAIN.measuring("tokens"), List.of("a")))
        .withMessage(
            "job type \"ask\" is registered as measuring [usd, tokens], and submitted as measuring"
                + " [tokens]: submit the type that is registered");
  }
}
