package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.memory.MemoryInvariants;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.StoreException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An owner's batches of every state are removed, and the process that removes them dies. */
class RemovalTest {
  /** More than the calls that the whole removal takes. */
  private static final int MOST_CALLS = 60;

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);
  private final ManualEngine calling = worker(way);
  private List<BatchJob> bobs = List.of();

  private ManualEngine worker(Faults way) {
    return world.engine(
        way,
        builder ->
            builder.register(
                ECHO, input -> input, JobOptions.defaults().concurrency(1).claim(1, 5)));
  }

  private static BatchRequest<String> of(String owner) {
    return BatchRequest.of(ECHO, texts(20)).submittedBy(owner);
  }

  @BeforeEach
  void givenBatches() {
    calling.await(calling.submit(of("alice")));
    calling.await(calling.submit(of("bob")));
    calling.pause(calling.submit(of("alice")), "lunch");
    var running = calling.submit(of("alice"));
    while (calling.status(running).counts().succeeded() < 3) {
      calling.runOnce();
    }
    calling.submit(of("alice").startAt(EngineFixture.START.plus(Duration.ofHours(1))));
    calling.submit(of("bob").startAt(EngineFixture.START.plus(Duration.ofHours(1))));
    halfSubmitted();

    assertThat(calling.history(HistoryQuery.all().submittedBy("alice")))
        .extracting(BatchJob::state)
        .containsExactlyInAnyOrder(
            BatchState.SUBMITTING,
            BatchState.PENDING,
            BatchState.RUNNING,
            BatchState.PAUSED,
            BatchState.COMPLETED);
    bobs = bobs();
  }

  /** By a process that is dead. */
  private void halfSubmitted() {
    var dyingWay = new Faults(world.memory);
    var dying = worker(dyingWay);
    dyingWay.always(
        "finish",
        (arguments, arrive) -> {
          dyingWay.goAway();
          throw Faults.lost("finish");
        });
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> dying.submit(BatchRequest.of(ECHO, texts(24_000)).submittedBy("alice")));
    world.kill(dying);
  }

  private List<BatchJob> bobs() {
    return world.memory.reading().history(HistoryQuery.all().submittedBy("bob")).items();
  }

  private void assertOnlyBobsAreLeft() {
    assertThat(MemoryInvariants.batches(world.memory)).isEqualTo(2);
    assertThat(bobs())
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("asOf")
        .containsExactlyElementsOf(bobs);
  }

  @Test
  void takesFewCalls() {
    way.forgetCalls();
    assertThat(calling.deleteSubmittedBy("alice")).isEqualTo(5);
    calling.runUntilIdle();

    assertOnlyBobsAreLeft();
    assertThat(way.calls()).hasSizeBetween(10, MOST_CALLS);
  }

  static Stream<Arguments> deaths() {
    return IntStream.rangeClosed(1, MOST_CALLS)
        .boxed()
        .flatMap(call -> Stream.of(Arguments.of(call, false), Arguments.of(call, true)));
  }

  @ParameterizedTest(name = "at call {0}, which arrives: {1}")
  @MethodSource("deaths")
  void isCarriedOnByAnotherNode(int call, boolean arrives) {
    way.goAwayAt(call, arrives);
    boolean hasBegun = call > 1 || arrives;
    try {
      calling.deleteSubmittedBy("alice");
      boolean more = true;
      while (more && !way.isAway()) {
        more = EngineFixture.tryOnce(calling);
      }
    } catch (StoreException lost) {
      assertThat(call).as("of three calls it is made").isLessThanOrEqualTo(3);
    }
    world.kill(calling);
    var other = worker(new Faults(world.memory));
    if (!hasBegun) {
      assertThat(other.deleteSubmittedBy("alice")).isEqualTo(5);
    }
    world.pass(Duration.ofMinutes(1), other);

    assertOnlyBobsAreLeft();
  }

  @Test
  void isGoneOnWithByWhoCallsAgain() {
    var ids = new ArrayList<>();
    for (int i = 0; i < 1_100; i++) {
      ids.add(calling.submit(BatchRequest.of(ECHO, List.of()).submittedBy("alice")));
    }
    way.forgetCalls();
    way.goAwayAt(2, false);
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> calling.deleteSubmittedBy("alice"));
    world.kill(calling);
    var other = worker(new Faults(world.memory));

    assertThat(other.deleteSubmittedBy("alice")).isEqualTo(ids.size() + 5 - 1_000);
    world.pass(Duration.ofMinutes(1), other);
    assertOnlyBobsAreLeft();
  }
}
