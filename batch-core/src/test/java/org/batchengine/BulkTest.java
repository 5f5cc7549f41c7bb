package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.batchengine.EngineFixture.texts;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BulkTest {
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
  class Chunks {

    @Test
    @DisplayName("REQ-B7 a bulk processor is given many items in one call")
    void areAsLargeAsTheOptionsSay() throws Exception {
      ended(engine(chunk -> chunk.forEach(item -> item.succeed(1))), 95);

      assertThat(chunkSizes).containsExactly(10, 10, 10, 10, 10, 10, 10, 10, 10, 5);
    }

    @Test
    @DisplayName("REQ-M3 a batch's own chunk size replaces that of the type, smaller or larger")
    void areAsLargeAsTheirBatchSays() throws Exception {
      var engine = engine(chunk -> chunk.forEach(item -> item.succeed(1)));
      engine.await(engine.submit(BatchRequest.of(WORK, texts(9)).chunkSize(4)));
      engine.await(engine.submit(BatchRequest.of(WORK, texts(70)).chunkSize(30)));

      assertThat(chunkSizes).containsExactly(4, 4, 1, 30, 30, 10);
    }

    @Test
    void areClaimedAsLargeAsTheirBatchSays() throws Exception {
      var engine =
          engine(
              JobOptions.defaults().concurrency(1).chunkSize(10),
              chunk -> {
                world.pass(SECOND.multipliedBy(chunk.items().size()).dividedBy(100));
                chunk.forEach(item -> item.succeed(1));
              });
      engine.await(engine.submit(BatchRequest.of(WORK, texts(1_000)).chunkSize(100)));

      assertThat(chunkSizes).contains(100);
    }

    @Test
    @DisplayName("REQ-M3 a node obeys its own maximum, whatever another has let a batch ask for")
    void areNoLargerThanTheNodesMaximum() throws Exception {
      var client = world.engine(builder -> builder);
      var engine =
          engine(
              JobOptions.defaults().maxChunkSize(20),
              chunk -> chunk.forEach(item -> item.succeed(1)));
      engine.await(client.submit(BatchRequest.of(WORK, texts(45)).chunkSize(30)));

      assertThat(chunkSizes).containsExactly(20, 20, 5);
    }

    @Test
    void areOfOneBatch() throws Exception {
      var engine =
          engine(
              chunk -> {
                assertThat(chunk.items()).allMatch(i -> i.idempotencyKey().contains(id(chunk)));
                chunk.forEach(item -> item.succeed(1));
              });
      for (int i = 0; i < 5; i++) {
        engine.submit(WORK, texts(3));
      }

      engine.runUntilIdle();

      assertThat(chunkSizes).containsExactly(3, 3, 3, 3, 3);
    }

    @Test
    void showWhereTheyStand() throws Exception {
      var seen = new ArrayList<String>();
      var engine =
          engine(
              chunk -> {
                seen.add(chunk.tenant() + chunk.metadata(Map.class) + chunk.isCancelled());
                seen.add(chunk.type() + chunk.submittedBy().orElseThrow() + chunk.metadata());
                seen.add(chunk.inputs().toString());
                seen.add(chunk.item("k-item-1").orElseThrow().index() + "");
                seen.add(chunk.item("item-1").isPresent() + "");
                chunk.forEach(item -> seen.add(item.key().orElseThrow() + item.attempt()));
              });

      engine.await(
          engine.submit(
              BatchRequest.of(WORK, texts(2))
                  .tenant("acme")
                  .submittedBy("alice")
                  .metadata(Map.of("n", 7))
                  .keyedBy(text -> "k-" + text)));

      assertThat(seen)
          .containsExactly(
              "acme{n=7}false",
              "workalice{\"n\":7}",
              "[item-0, item-1]",
              "1",
              "false",
              "k-item-01",
              "k-item-11");
    }

    @Test
    void cannotBeChanged() throws Exception {
      var engine =
          engine(
              chunk -> {
                assertThatExceptionOfType(UnsupportedOperationException.class)
                    .isThrownBy(() -> chunk.items().clear());
                chunk.forEach(item -> item.succeed(1));
              });

      assertThat(engine.status(ended(engine, 3)).counts().succeeded()).isEqualTo(3);
    }

    private static String id(Chunk<?, ?> chunk) {
      return chunk.batchId().toString();
    }
  }

  @Nested
  class Verdicts {

    @Test
    void areOfEachItem() throws Exception {
      var engine =
          engine(
              chunk -> {
                var items = chunk.items();
                items.get(0).quality(0.5).succeed(7);
                items.get(1).succeed(null);
                items.get(2).fail(new IOException("lost"));
                items.get(3).fail("HTTP_500", "broken");
                items.get(4).giveUp("HTTP_404", "gone");
                items.get(5).skip("not ours");
              });

      var id = ended(engine, 6);

      assertThat(EngineFixture.states(engine, id))
          .containsExactly(
              ItemState.SUCCEEDED,
              ItemState.SUCCEEDED,
              ItemState.FAILED,
              ItemState.FAILED,
              ItemState.FAILED,
              ItemState.SKIPPED);
      assertThat(engine.item(id, 0).orElseThrow().quality()).contains(0.5);
      assertThat(engine.item(id, 0).orElseThrow().output()).contains("7");
      assertThat(engine.item(id, 1).orElseThrow().output()).isEmpty();
      assertThat(types(engine, id)).containsExactly("java.io.IOException", "HTTP_500", "HTTP_404");
      assertThat(engine.item(id, 5).orElseThrow().reason()).contains("not ours");
    }

    @Test
    void areGivenOnce() throws Exception {
      var engine =
          engine(
              chunk -> {
                var item = chunk.items().get(0);
                assertThat(item.isSettled()).isFalse();
                assertThat(item.succeed(1)).isTrue();
                assertThat(item.isSettled()).isTrue();
                assertThat(item.succeed(2)).isFalse();
                assertThat(item.fail("CODE", "")).isFalse();
                assertThat(item.fail(new IOException())).isFalse();
                assertThat(item.giveUp("CODE", "")).isFalse();
                assertThat(item.skip("")).isFalse();
                assertThat(item.retryAfter(SECOND)).isFalse();
              });

      assertThat(engine.item(ended(engine, 1), 0).orElseThrow().output()).contains("1");
    }

    @Test
    void putItemsOffAtNoChargeAndHoldTheTypeBack() throws Exception {
      var engine =
          engine(
              chunk ->
                  chunk.forEach(
                      item -> {
                        assertThat(item.isLastAttempt()).isTrue();
                        if (item.attempt() == 1) {
                          item.retryAfter(SECOND);
                        } else {
                          item.succeed(1);
                        }
                      }));
      var id = engine.submit(WORK, texts(20));
      engine.runUntilIdle();
      assertThat(chunkSizes).containsExactly(10);

      world.pass(Duration.ofSeconds(3), engine);

      assertThat(engine.status(id).counts().succeeded()).isEqualTo(20);
      assertThat(engine.errors(id, 0)).isEmpty();
    }

    @Test
    void comeTooLateAfterTheCall() throws Exception {
      var kept = new ArrayList<ChunkItem<String, Integer>>();
      var engine = engine(chunk -> kept.add(chunk.items().get(0)));

      var id = ended(engine, 1);

      assertThat(kept.get(0).succeed(1)).isFalse();
      assertThat(engine.item(id, 0).orElseThrow().state()).isEqualTo(ItemState.FAILED);
    }

    @Test
    void thatAreMissingAreFailures() throws Exception {
      var engine = engine(chunk -> chunk.items().get(0).succeed(1));

      var id = ended(engine, 3);

      assertThat(EngineFixture.states(engine, id))
          .containsExactly(ItemState.SUCCEEDED, ItemState.FAILED, ItemState.FAILED);
      assertThat(types(engine, id)).containsExactly("NOT_SETTLED", "NOT_SETTLED");
    }

    @Test
    void refuseAnOutputThatIsTooLarge() throws Exception {
      var type = JobType.of("echo", String.class, String.class);
      var engine =
          world.engine(
              builder ->
                  builder
                      .maxPayload(10)
                      .registerBulk(
                          type,
                          chunk ->
                              chunk.forEach(
                                  item -> item.succeed("x".repeat(10 + item.index() % 2)))));

      var id = engine.submit(type, texts(4));

      assertThat(engine.await(id).counts().failed()).isEqualTo(2);
      assertThat(types(engine, id)).containsOnly("REFUSED_OUTPUT");
    }

    @Test
    void refuseBadArguments() throws Exception {
      var engine =
          engine(
              chunk -> {
                var item = chunk.items().get(0);
                assertThatIllegalArgumentException().isThrownBy(() -> item.quality(1.5));
                assertThatIllegalArgumentException()
                    .isThrownBy(() -> item.retryAfter(SECOND.negated()));
                assertThatIllegalArgumentException()
                    .isThrownBy(() -> item.retryAfter(Duration.ofSeconds(Long.MAX_VALUE)));
                assertThat(item.isSettled()).isFalse();
                item.succeed(1);
              });

      assertThat(engine.status(ended(engine, 1)).hasFailures()).isFalse();
    }

    private static List<String> types(ManualEngine engine, BatchId id) {
      return Stream.of(0, 1, 2, 3, 4, 5)
          .flatMap(index -> engine.errors(id, index).stream())
          .map(ItemError::type)
          .toList();
    }
  }
}
