package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.PayloadException;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Payloads are kept as they are given, or fail their item alone. */
abstract class PayloadLimitsContract extends GivenTextContract {

  PayloadLimitsContract(Supplier<LimitedStore> opener) {
    super(opener);
  }

  @Nested
  class Payloads {

    static Stream<String> kept() {
      return Stream.concat(
          AwkwardTexts.awkward(),
          Stream.of("x".repeat(MOST_BYTES), FOUR_BYTES.repeat(MOST_BYTES / 4)));
    }

    static Stream<String> refused() {
      return Stream.concat(
          unstorable(),
          Stream.of(
              "x".repeat(10_000_000),
              "x".repeat(MOST_BYTES + 1),
              FOUR_BYTES.repeat(MOST_BYTES / 4) + "y"));
    }

    @Test
    @DisplayName("FAULT-B1 FAULT-B2 payloads come back as they were given")
    void areKept() {
      List<String> inputs = kept().toList();

      BatchId id = engine.submit(ECHO, inputs);
      engine.await(id);

      assertThat(engine.results(ECHO, id))
          .hasSize(inputs.size())
          .allSatisfy(
              item -> {
                assertThat(item.input()).isEqualTo(inputs.get(item.index()));
                assertThat(item.output()).contains(inputs.get(item.index()));
              });
    }

    @Test
    @DisplayName("FAULT-B1 FAULT-B2 an input that cannot be kept is refused before any SQL")
    void areRefusedAsInputs() {
      under.takeExecuted();

      assertThat(refused())
          .allSatisfy(
              input ->
                  assertThatThrownBy(() -> engine.submit(ECHO, List.of("fine", input)))
                      .isInstanceOf(InvalidItemException.class)
                      .hasMessageStartingWith("item 1 is invalid: input: has "));
      assertThat(under.takeExecuted()).isEmpty();
      assertThat(engine.history(HistoryQuery.all()).items()).isEmpty();
    }

    @Test
    @DisplayName("FAULT-B1 FAULT-B2 an output that cannot be kept fails its item alone")
    void failTheirItemAsOutputs() {
      reopen(
          builder ->
              builder.register(ECHO, (input, context) -> outputs().get(context.index()), NO_RETRY));

      outputsFailTheirItems();
    }

    @Test
    @DisplayName("FAULT-B1 FAULT-B2 an output of a bulk processor fails its item alone")
    void failTheirItemAsOutputsInBulk() {
      reopen(
          builder ->
              builder.registerBulk(
                  ECHO,
                  chunk -> chunk.forEach(item -> item.succeed(outputs().get(item.index()))),
                  NO_RETRY));

      outputsFailTheirItems();
    }

    private List<String> outputs() {
      List<String> outputs = new ArrayList<>();
      refused().forEach(bad -> outputs.addAll(List.of("fine", bad)));
      outputs.add("fine");
      return outputs;
    }

    private void outputsFailTheirItems() {
      BatchId id = engine.submit(ECHO, outputs().stream().map(output -> "input").toList());
      engine.await(id);

      assertThat(engine.results(ECHO, id))
          .hasSize(outputs().size())
          .allSatisfy(
              item -> {
                boolean isFine = outputs().get(item.index()).equals("fine");
                assertThat(item.state()).isEqualTo(isFine ? ItemState.SUCCEEDED : ItemState.FAILED);
                assertThat(item.error().map(ItemError::type))
                    .isEqualTo(isFine ? Optional.empty() : Optional.of("REFUSED_OUTPUT"));
              });
      assertThat(engine.errors(id, outputs().size() - 2).get(0).message())
          .isEqualTo("output: 1001 bytes exceed the limit of 1000 (maxPayload)");
    }

    @Test
    void ofAnotherTypeThanTheCodecsAreRefused() {
      @SuppressWarnings({"unchecked", "rawtypes"})
      Iterable<String> wrong = (Iterable) List.of("fine", 5);

      assertThatThrownBy(() -> engine.submit(ECHO, wrong))
          .isInstanceOf(InvalidItemException.class)
          .hasMessageContaining("item 1")
          .hasMessageContaining("java.lang.Integer");
      assertThat(engine.history(HistoryQuery.all()).items()).isEmpty();
    }

    private boolean isEnded(BatchId id) {
      engine.runUntilIdle();
      return engine.status(id).isTerminal();
    }

    @Test
    void thatCannotBeDecodedFailTheirItemAlone() {
      JobType<Integer, String> numbers =
          JobType.of("echo", ReadsAll.of(Integer.class, "text"), ReadsAll.of(String.class, "text"));
      BatchId id = engine.submit(ECHO, List.of("1", "one", "3"));
      JobOptions once = JobOptions.defaults().retry(RetryPolicy.none());
      reopen(
          builder ->
              builder
                  .pollInterval(Duration.ofMillis(10))
                  .register(numbers, (number, context) -> "number " + number, once));
      await().until(() -> isEnded(id)); // the item goes back for other nodes first

      List<BatchItem<Integer, String>> items = engine.results(numbers, id).toList();

      assertThat(items)
          .extracting(BatchItem::state)
          .containsExactly(ItemState.SUCCEEDED, ItemState.FAILED, ItemState.SUCCEEDED);
      assertThat(items.get(2).input()).isEqualTo(3);
      assertThatThrownBy(() -> items.get(1).input())
          .isInstanceOf(PayloadException.class)
          .hasMessageNotContaining("one");
      assertThat(engine.errors(id, 1).get(0).message()).contains("java.lang.Integer");
    }
  }
}
