package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.PayloadException;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * During a deploy, a node of the older release claims what only the newer one can read. Two enums
 * stand for the two releases: the same job type, and one constant more.
 */
@Tag("FAULT-R1")
class UnreadableInputTest {
  @RegisterExtension final EngineFixture world = new EngineFixture();

  private enum Older {
    INVOICE
  }

  private enum Newer {
    INVOICE,
    REMINDER
  }

  private static final JobType<Older, String> OLDER =
      JobType.of("letters", Older.class, String.class);
  private static final JobType<Newer, String> NEWER =
      JobType.of("letters", Newer.class, String.class);
  private static final Duration A_WHILE = Duration.ofSeconds(5);

  private final List<Older> readByOlder = new ArrayList<>();

  private ManualEngine older(RetryPolicy retry) {
    return world.engine(
        builder ->
            builder.register(
                OLDER,
                (letter, context) -> {
                  readByOlder.add(letter);
                  return letter.name();
                },
                JobOptions.defaults().retry(retry)));
  }

  private ManualEngine newer() {
    return world.engine(builder -> builder.register(NEWER, Newer::name));
  }

  /** A node that knows another release of the type than those that work on it. */
  private Batches submitter() {
    return world.engine(builder -> builder);
  }

  private BatchItem<String, String> item(ManualEngine engine, BatchId id, int index) {
    return engine.item(id, index).orElseThrow();
  }

  @Nested
  class GoesBack {

    @Test
    @DisplayName("FAULT-R1 the item goes back for others first, and costs no attempt")
    void forOthersFirst() throws Exception {
      ManualEngine older = older(RetryPolicy.none());
      BatchId id = submitter().submit(NEWER, List.of(Newer.INVOICE, Newer.REMINDER));
      older.runUntilIdle();
      assertThat(item(older, id, 1).state()).isEqualTo(ItemState.RETRYING);
      assertThat(item(older, id, 1).attempts()).isZero();

      ManualEngine newer = newer();
      world.pass(A_WHILE);
      assertThat(newer.await(id).counts().succeeded()).isEqualTo(2);
      assertThat(item(newer, id, 1).attempts()).isEqualTo(1);
      assertThat(newer.errors(id, 1)).isEmpty();
      assertThat(readByOlder).containsExactly(Older.INVOICE);
    }

    @Test
    void andIsNotCountedAsAnAttempt() throws Exception {
      ManualEngine older = older(RetryPolicy.none());
      List<ItemState> told = new ArrayList<>();
      older
          .metrics()
          .tell(
              new EngineMetrics.Recorder() {
                @Override
                public void attempted(String type, ItemState state, long nanos) {
                  told.add(state);
                }
              });
      BatchId id = submitter().submit(NEWER, List.of(Newer.INVOICE, Newer.REMINDER));
      older.runUntilIdle();
      assertThat(told).containsExactly(ItemState.SUCCEEDED);

      world.pass(A_WHILE, older);
      assertThat(older.await(id).counts().failed()).isEqualTo(1);
      assertThat(told).containsExactly(ItemState.SUCCEEDED, ItemState.FAILED);
    }

    @Test
    void fromABulkCallAsWell() throws Exception {
      ManualEngine older =
          world.engine(
              builder ->
                  builder.registerBulk(
                      OLDER,
                      chunk -> chunk.forEach(item -> item.succeed("read")),
                      JobOptions.defaults().retry(RetryPolicy.none())));
      BatchId id = submitter().submit(NEWER, List.of(Newer.INVOICE, Newer.REMINDER, Newer.INVOICE));
      older.runUntilIdle();
      assertThat(EngineFixture.states(older, id))
          .containsExactly(ItemState.SUCCEEDED, ItemState.RETRYING, ItemState.SUCCEEDED);

      ManualEngine newer = newer();
      world.pass(A_WHILE);
      assertThat(newer.await(id).counts().succeeded()).isEqualTo(3);
      assertThat(newer.errors(id, 1)).isEmpty();
    }
  }

  @Nested
  class ComesAgain {

    @Test
    @DisplayName("FAULT-R1 then it is retried by policy, and its errors say so")
    void andIsRetriedByPolicy() throws Exception {
      ManualEngine older = older(RetryPolicy.fixed(Duration.ofMinutes(1)).maxRetries(2));
      BatchId id = submitter().submit(NEWER, List.of(Newer.REMINDER));
      older.runUntilIdle();
      world.pass(Duration.ofSeconds(150), older);

      assertThat(item(older, id, 0).state()).isEqualTo(ItemState.FAILED);
      assertThat(older.errors(id, 0)).extracting(ItemError::attempt).containsExactly(1, 2, 3);
      assertThat(older.errors(id, 0))
          .allSatisfy(
              error -> {
                assertThat(error.type()).isEqualTo(PayloadException.class.getName());
                assertThat(error.message())
                    .startsWith("this node cannot read the input, which another release may have")
                    .contains("went back for other nodes first, and is now retried by policy")
                    .contains("is not a valid " + Older.class.getName())
                    .doesNotContain("REMINDER");
              });
      assertThat(readByOlder).isEmpty();
    }

    @Test
    void andANewerNodeMayStillTakeIt() throws Exception {
      ManualEngine older = older(RetryPolicy.fixed(Duration.ofMinutes(1)).maxRetries(20));
      BatchId id = submitter().submit(NEWER, List.of(Newer.REMINDER));
      older.runUntilIdle();
      world.pass(A_WHILE, older);
      assertThat(older.errors(id, 0)).hasSize(1);

      ManualEngine newer = newer();
      world.pass(Duration.ofMinutes(2));
      assertThat(newer.await(id).counts().succeeded()).isEqualTo(1);
      assertThat(item(newer, id, 0).attempts()).isEqualTo(2);
    }

    @Test
    void andFailsAtOnceIfThePolicyAllowsNoRetry() throws Exception {
      ManualEngine older = older(RetryPolicy.none());
      BatchId id = submitter().submit(NEWER, List.of(Newer.REMINDER, Newer.REMINDER));
      older.runUntilIdle();
      world.pass(A_WHILE, older);

      assertThat(older.await(id).counts().failed()).isEqualTo(2);
      assertThat(item(older, id, 0).attempts()).isEqualTo(1);
    }
  }

  /** What the processor itself reads is as passing, but a part of its work is done. */
  @Test
  void metadataThatCannotBeReadIsRetriedByPolicy() throws Exception {
    ManualEngine engine =
        world.engine(
            builder ->
                builder.register(
                    NEWER,
                    (letter, context) -> context.metadata(Wanted.class).wanted().name(),
                    JobOptions.defaults().retry(RetryPolicy.fixed(A_WHILE).maxRetries(1))));
    BatchId id =
        engine.submit(
            BatchRequest.of(NEWER, List.of(Newer.INVOICE))
                .metadataJson("{\"wanted\":\"REMINDER\"}"));
    engine.runUntilIdle();
    assertThat(item(engine, id, 0).state()).isEqualTo(ItemState.RETRYING);

    world.pass(A_WHILE, engine);
    assertThat(engine.errors(id, 0))
        .hasSize(2)
        .allSatisfy(
            error ->
                assertThat(error.message())
                    .contains("JSON does not fit " + Wanted.class.getName() + " at wanted")
                    .doesNotContain("REMINDER"));
  }

  @Test
  void anOutputThatCannotBeWrittenIsNotRetried() throws Exception {
    JobType<String, Object> type = JobType.of("open", String.class, Object.class);
    ManualEngine engine =
        world.engine(
            builder ->
                builder.register(
                    type,
                    (text, context) -> new Object(),
                    JobOptions.defaults().retry(RetryPolicy.fixed(A_WHILE).maxRetries(5))));
    BatchId id = engine.submit(type, List.of("a"));

    assertThat(engine.await(id).counts().failed()).isEqualTo(1);
    assertThat(engine.errors(id, 0)).hasSize(1);
  }

  record Wanted(Older wanted) {}

  /** Most texts can be read as something else, so a type of one name keeps its format. */
  @Nested
  class OfAnotherFormat {
    private static final JobType<Integer, String> NUMBERS =
        JobType.of("letters", Integer.class, String.class);
    private static final JobType<String, String> TEXTS =
        JobType.of("letters", String.class, String.class);

    record Before(String name) {}

    record After(String name) {}

    private final List<Object> read = new ArrayList<>();

    private <I> ManualEngine reader(JobType<I, String> type) {
      return world.engine(
          builder ->
              builder.register(
                  type,
                  (input, context) -> {
                    read.add(input);
                    return "read";
                  },
                  JobOptions.defaults().retry(RetryPolicy.none())));
    }

    @Test
    void isNotHandedToAProcessor() {
      ManualEngine engine = reader(TEXTS);
      BatchId id = submitter().submit(NUMBERS, List.of(5));
      engine.runUntilIdle();
      assertThat(item(engine, id, 0).state()).isEqualTo(ItemState.RETRYING);
      assertThat(item(engine, id, 0).attempts()).isZero();

      world.pass(A_WHILE, engine);
      assertThat(item(engine, id, 0).state()).isEqualTo(ItemState.FAILED);
      assertThat(item(engine, id, 0).error().orElseThrow().message())
          .contains("it was stored as text/Integer, and the type of its job reads text here");
      assertThat(read).isEmpty();
    }

    @Test
    void isReadByTheNodeThatKnowsIt() {
      ManualEngine engine = reader(TEXTS);
      BatchId id = submitter().submit(NUMBERS, List.of(5));
      engine.runUntilIdle();

      ManualEngine other = reader(NUMBERS);
      world.pass(A_WHILE);
      assertThat(other.await(id).counts().succeeded()).isEqualTo(1);
      assertThat(read).containsExactly(5);
    }

    @Test
    void isNoClassThatWasMovedOrRenamed() {
      ManualEngine engine = reader(JobType.of("letters", After.class, String.class));
      BatchId id =
          submitter()
              .submit(
                  JobType.of("letters", Before.class, String.class), List.of(new Before("Anna")));

      engine.await(id);
      assertThat(read).containsExactly(new After("Anna"));
    }

    @Test
    void isNoFormatThatACodecReadsBesideItsOwn() {
      PayloadCodec<String> codec =
          new PayloadCodec<>() {
            @Override
            public String format() {
              return "letters-2";
            }

            @Override
            public boolean reads(String format) {
              return format.equals(format()) || format.equals("text/Integer");
            }

            @Override
            public String encode(String payload) {
              return payload;
            }

            @Override
            public String decode(String text) {
              return text;
            }
          };
      ManualEngine engine = reader(JobType.of("letters", codec, codec));
      BatchId id = submitter().submit(NUMBERS, List.of(5));

      engine.await(id);
      assertThat(read).containsExactly("5");
    }

    @Test
    void isRefusedAtSubmitWhereBothAreKnown() {
      ManualEngine engine = reader(TEXTS);

      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.submit(NUMBERS, List.of(5)))
          .withMessage(
              "JobType[letters: java.lang.Integer -> java.lang.String] has the name of"
                  + " JobType[letters: java.lang.String -> java.lang.String], which is registered"
                  + " here with other payloads; use the same JobType for both, or give one of them"
                  + " another name");
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  reader(JobType.of("letters", After.class, String.class))
                      .submit(
                          JobType.of("letters", Before.class, String.class),
                          List.of(new Before("Anna"))));
      assertThat(engine.history(HistoryQuery.all()).items()).isEmpty();
      engine.await(engine.submit(JobType.of("letters", String.class, String.class), List.of("a")));
      assertThat(read).containsExactly("a");
    }
  }
}
