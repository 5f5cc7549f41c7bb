package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.START;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.Actor;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Predecessors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of items by the word of their processor. */
class ProcessingTest {
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
  class Success {

    @Test
    void keepsTheOutput() throws Exception {
      var item = processed((input, context) -> input + "!");

      assertThat(item.state()).isEqualTo(ItemState.SUCCEEDED);
      assertThat(item.output()).contains("input!");
      assertThat(item.attempts()).isEqualTo(1);
      assertThat(item.settledAt()).contains(START);
    }

    @Test
    void mayHaveNoOutput() throws Exception {
      var item = processed((input, context) -> null);

      assertThat(item.state()).isEqualTo(ItemState.SUCCEEDED);
      assertThat(item.output()).isEmpty();
    }

    @Test
    void hasNoOutputOfAnAction() throws Exception {
      var done = new ArrayList<String>();
      var action = JobType.of("action", String.class);
      var engine = world.engine(builder -> builder.registerAction(action, done::add));

      var id = engine.submit(action, List.of("a", "b"));

      assertThat(engine.await(id).counts().succeeded()).isEqualTo(2);
      assertThat(engine.results(action, id)).allMatch(item -> item.output().isEmpty());
      assertThat(done).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    @DisplayName("REQ-M3 a batch's chunk size changes nothing where a call has one item")
    void isOfEachItemWhateverTheChunkSize() throws Exception {
      var engine = world.engine(builder -> builder.register(WORK, input -> input + "!"));

      var id = engine.submit(BatchRequest.of(WORK, List.of("a", "b", "c")).chunkSize(20));

      assertThat(engine.await(id).counts().succeeded()).isEqualTo(3);
      assertThat(engine.results(WORK, id))
          .extracting(item -> item.output().orElseThrow())
          .containsExactly("a!", "b!", "c!");
    }

    @Test
    void keepsTheQuality() throws Exception {
      assertThat(
              processed(
                      (input, context) -> {
                        context.quality(0.25);
                        return "fair";
                      })
                  .quality())
          .contains(0.25);
    }

    @Test
    void keepsHowLongItTook() throws Exception {
      var item =
          processed(
              (input, context) -> {
                world.pass(Duration.ofMillis(1_500));
                return "late";
              });

      assertThat(item.duration()).contains(Duration.ofMillis(1_500));
    }
  }

  @Nested
  class Verdicts {

    @Test
    void skipEndsTheItem() throws Exception {
      var item = processed((input, context) -> context.quality(0.5).skip("not ours"));

      assertThat(item.state()).isEqualTo(ItemState.SKIPPED);
      assertThat(item.reason()).contains("not ours");
      assertThat(item.quality()).contains(0.5);
      assertThat(item.error()).isEmpty();
    }

    @Test
    void giveUpFailsTheItemWithItsCode() throws Exception {
      var item = processed((input, context) -> context.giveUp("HTTP_404", "no such page"));

      assertThat(item.state()).isEqualTo(ItemState.FAILED);
      assertThat(item.error()).map(ItemError::type).contains("HTTP_404");
      assertThat(item.error()).map(ItemError::message).contains("no such page");
      assertThat(item.error()).map(ItemError::stack).contains("");
    }

    @Test
    void standThoughTheProcessorCatchesTheSignal() throws Exception {
      var item =
          processed(
              (input, context) -> {
                try {
                  return context.skip("noted");
                } catch (RuntimeException e) {
                  return "caught";
                }
              });

      assertThat(item.state()).isEqualTo(ItemState.SKIPPED);
      assertThat(item.output()).isEmpty();
    }

    @Test
    void standThoughTheProcessorThrowsAnotherException() throws Exception {
      var item =
          processed(
              (input, context) -> {
                try {
                  return context.skip("noted");
                } finally {
                  throwIo();
                }
              });

      assertThat(item.state()).isEqualTo(ItemState.SKIPPED);
    }

    @Test
    void areGivenOnce() throws Exception {
      var item =
          processed(
              (input, context) -> {
                try {
                  context.giveUp("FIRST", "");
                } catch (RuntimeException e) {
                  context.skip("second");
                }
                return "third";
              });

      assertThat(item.state()).isEqualTo(ItemState.FAILED);
      assertThat(item.error()).map(ItemError::type).contains("FIRST");
    }

    @Test
    void refuseAQualityOutOfRange() throws Exception {
      processed(
          (input, context) -> {
            for (double wrong : new double[] {-0.1, 1.1, Double.NaN}) {
              assertThatIllegalArgumentException().isThrownBy(() -> context.quality(wrong));
            }
            return "";
          });
    }

    @Test
    void refuseANegativeDelay() throws Exception {
      var item = processed((input, context) -> context.retryAfter(Duration.ofSeconds(-1)));

      assertThat(item.error()).map(ItemError::type).contains("java.lang.IllegalArgumentException");
    }

    private static void throwIo() throws IOException {
      throw new IOException("lost");
    }
  }

  @Test
  void seesWhereTheItemStands() throws Exception {
    var seen = new ArrayList<String>();
    var engine =
        world.engine(
            builder ->
                builder.register(
                    WORK,
                    (input, context) -> {
                      seen.add(context.type() + " " + context.tenant() + " " + context.index());
                      seen.add(context.key().orElseThrow() + " " + context.idempotencyKey());
                      seen.add(context.submittedBy().orElseThrow() + " " + context.attempt());
                      seen.add(context.metadata() + context.metadata(Map.class).get("n"));
                      seen.add(context.batchId() + " " + context.isCancelled());
                      return "";
                    }));

    var id =
        engine.submit(
            BatchRequest.of(WORK, List.of("a"))
                .keyedBy(text -> "k")
                .tenant("acme")
                .submittedBy("alice")
                .metadata(Map.of("n", 7)));
    engine.await(id);

    assertThat(seen)
        .containsExactly("work acme 0", "k " + id + "/0", "alice 1", "{\"n\":7}7", id + " false");
  }

  record Month(int year, int month) {}

  @Test
  void getsTheRecordThatWasTheMetadata() throws Exception {
    var seen = new ArrayList<Month>();
    var engine =
        world.engine(
            builder ->
                builder.register(
                    WORK,
                    (input, context) -> {
                      seen.add(context.metadata(Month.class));
                      return "";
                    }));

    engine.await(engine.submit(BatchRequest.of(WORK, List.of("a")).metadata(new Month(2026, 11))));

    assertThat(seen).containsExactly(new Month(2026, 11));
  }

  @Test
  void ignoresARetryPolicyThatItCannotRead() throws Exception {
    var engine = world.engine(builder -> builder.register(WORK, input -> input, NO_RETRY));
    var id = BatchId.of("018f0000-0000-7000-8000-000000000003");
    world
        .memory
        .submitting()
        .submit(
            new NewBatch(
                id,
                "work",
                "t",
                null,
                null,
                null,
                null,
                5,
                "{}",
                null,
                "from the future",
                null,
                null,
                "text",
                "text",
                false,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                Predecessors.NONE,
                new Actor(null, "paris")),
            List.of(new NewItem(null, "a")));

    assertThat(engine.await(id).counts().succeeded()).isEqualTo(1);
  }

  @Test
  void mayUseTheEngine() throws Exception {
    var inner = new ArrayList<BatchId>();
    var batches = new Batches[1];
    var engine =
        world.engine(
            builder ->
                builder
                    .register(LENGTH, String::length)
                    .register(
                        WORK,
                        (input, context) -> {
                          inner.add(batches[0].submit(LENGTH, List.of(input)));
                          return batches[0].status(context.batchId()).state().toString();
                        }));
    batches[0] = engine;

    var id = ended(engine, List.of("abc"));
    engine.runUntilIdle();

    assertThat(engine.item(id, 0).orElseThrow().output()).contains("RUNNING");
    assertThat(engine.status(inner.get(0)).isSuccess()).isTrue();
  }
}
