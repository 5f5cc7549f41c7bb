package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.ManualEngine;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.EngineNode;
import org.batchengine.model.Reason;
import org.batchengine.model.RetryPolicy;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What is kept of batches on which two engines work, and when it goes. */
abstract class LongRunContract extends StoreContract {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);

  private final List<ManualEngine> nodes = new ArrayList<>();

  /** The items that fail when they run next. */
  private final Set<Integer> failing = new HashSet<>();

  private ManualEngine berlin;
  private ManualEngine paris;

  LongRunContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @BeforeEach
  void startNodes() {
    berlin = node("berlin", builder -> builder);
    paris = node("paris", builder -> builder);
  }

  @AfterEach
  void stopNodes() {
    nodes.forEach(BatchEngine::close);
  }

  private ManualEngine node(String name, UnaryOperator<BatchEngine.Builder> options) {
    BatchEngine.Builder builder =
        BatchEngine.builder(under.another())
            .clock(clock)
            .node(name)
            .register(
                WORK, this::run, JobOptions.defaults().concurrency(1).retry(RetryPolicy.none()));
    ManualEngine node = options.apply(builder).manual();
    nodes.add(node);
    return node;
  }

  private String run(String input, ItemContext context) {
    if (failing.remove(context.index())) {
      throw new IllegalStateException("fails");
    }
    return input;
  }

  private static BatchRequest<String> request(int items) {
    return BatchRequest.of(WORK, IntStream.range(0, items).mapToObj(i -> "item " + i).toList())
        .submittedBy("bob");
  }

  private long number(BatchId id) {
    return store.reading().header(id, null).orElseThrow().number();
  }

  private void goOn() {
    pass(Duration.ofSeconds(1));
  }

  /** Goes rounds until nobody sees the batch any more; its records are still there. */
  private void runUntilHidden(ManualEngine node, BatchId id) {
    for (int rounds = 0; node.find(id).isPresent(); rounds++) {
      assertThat(rounds).as("rounds").isLessThan(1_000);
      node.runOnce();
    }
  }

  /** What happened so far, by the moments at which it did. */
  private final class Expected {
    private final List<StoreUnderTest.Event> events = new ArrayList<>();

    /** It has just happened; time goes on. */
    Expected and(String kind, @Nullable String actor, @Nullable String reason) {
      events.add(new StoreUnderTest.Event(kind, actor, reason, now()));
      goOn();
      return this;
    }

    void isTheHistoryOf(long batch) {
      assertThat(under.events(batch)).containsExactlyElementsOf(events);
    }
  }

  @Nested
  class History {
    private final Expected history = new Expected();

    @Test
    @DisplayName("REQ-M22 who did what to a batch, why and when, from its submit to its delete")
    void isOfAWholeLife() {
      failing.add(2);
      BatchId id = berlin.submit(request(4));
      long number = number(id);
      history.and("SUBMITTED", "bob", null);
      while (berlin.status(id).state() == BatchState.PENDING) {
        paris.runOnce();
      }
      history.and("STARTED", null, null);
      berlin.pause(id, "lunch");
      history.and("PAUSED", "berlin", "lunch");
      paris.resume(id, "back");
      history.and("RESUMED", "paris", "back");
      assertThat(paris.await(id).counts().failed()).isEqualTo(1);
      history.and("COMPLETED", null, null);
      berlin.retryFailed(id, "mended");
      history.and("REOPENED", "berlin", "mended");
      paris.cancel(id, "enough");
      history.and("CANCELLING", "paris", "enough");
      assertThat(paris.await(id).state()).isEqualTo(BatchState.CANCELLED);
      history.and("CANCELLED", null, "enough");
      berlin.delete(id);
      history.and("DELETED", "berlin", null).isTheHistoryOf(number);

      assertThat(under.rows(number)).isPositive();
      paris.runUntilIdle();
      berlin.runUntilIdle();
      assertThat(under.rows(number)).isZero();
    }

    @Test
    void namesTheNodeThatSawTooManyFailures() {
      failing.add(0);
      BatchId id = berlin.submit(request(4).tolerateFailures(0));
      history.and("SUBMITTED", "bob", null);
      paris.await(id);
      String error = "too many failures: 1; the limit is 0";
      StoreUnderTest.Event started = new StoreUnderTest.Event("STARTED", null, null, now());
      StoreUnderTest.Event givenUp = new StoreUnderTest.Event("GIVEN_UP", "paris", error, now());

      history.events.addAll(List.of(started, givenUp));
      history.and("FAILED", null, error).isTheHistoryOf(number(id));
    }

    @Test
    void namesTheNodeThatSawTheDeadlinePass() {
      BatchId id = berlin.submit(request(4).deadline(Duration.ofMinutes(1)));
      history.and("SUBMITTED", "bob", null);
      berlin.pause(id, "lunch");
      history.and("PAUSED", "berlin", "lunch");
      pass(Duration.ofMinutes(1));
      paris.await(id);

      String error = "the deadline has passed";
      history.events.add(new StoreUnderTest.Event("GIVEN_UP", "paris", error, now()));
      history.and("FAILED", null, error).isTheHistoryOf(number(id));
    }

    @Test
    void namesTheNodeThatDeletedAllOfAnOwner() {
      BatchId live = berlin.submit(request(4));
      long liveNumber = number(live);
      history.and("SUBMITTED", "berlin", null); // whose name will be gone
      assertThat(berlin.deleteSubmittedBy("bob")).isEqualTo(1);
      history.and("CANCELLING", "berlin", null);
      runUntilHidden(berlin, live);
      history.events.add(new StoreUnderTest.Event("CANCELLED", null, null, now()));
      history.and("DELETED", null, null).isTheHistoryOf(liveNumber);

      berlin.runUntilIdle();
      assertThat(under.rows(liveNumber)).isZero();
    }
  }

  @Nested
  class Retention {
    private static final Duration DAY = Duration.ofDays(1);

    private ManualEngine retiring;

    @BeforeEach
    void startRetiring() {
      retiring = node("retiring", builder -> builder.retention(DAY));
    }

    @Test
    @DisplayName("REQ-M14 what ended long ago goes by itself, its key first and its records then")
    void takesWhatEndedAway() {
      failing.add(1);
      BatchRequest<String> request = request(3).idempotencyKey("key");
      BatchId id = berlin.submit(request);
      berlin.await(id);
      long number = number(id);
      pass(DAY);
      retiring.runUntilIdle();
      assertThat(retiring.submit(request)).isEqualTo(id);

      pass(Duration.ofSeconds(6));
      runUntilHidden(retiring, id);
      assertThat(under.rows(number)).as("records are left to later passes").isPositive();
      assertThat(retiring.submit(request)).isNotEqualTo(id);
      retiring.runUntilIdle();
      assertThat(under.rows(number)).isZero();
    }

    @Test
    void leavesABatchAloneThatWasTakenUpAgain() {
      failing.add(1);
      BatchId id = berlin.submit(request(3));
      berlin.await(id);
      pass(DAY.plusSeconds(1));
      assertThat(berlin.retryFailed(id, "mended").changed()).isTrue();
      retiring.runUntilIdle();

      assertThat(retiring.status(id).counts().succeeded()).isEqualTo(3);
      pass(DAY.minusSeconds(1));
      retiring.runUntilIdle();
      assertThat(retiring.find(id)).isPresent();
      pass(Duration.ofSeconds(10));
      retiring.runUntilIdle();
      assertThat(retiring.find(id)).isEmpty();
    }

    @Test
    @DisplayName("REQ-M14 what ended long ago goes on call, of all tenants, and is counted")
    void takesWhatEndedAwayOnCall() {
      List<BatchId> old = new ArrayList<>();
      for (int i = 0; i < 101; i++) {
        old.add(berlin.submit(request(0).tenant("tenant " + i % 3)));
      }
      old.add(berlin.submit(request(3).idempotencyKey("key")));
      berlin.runUntilIdle();
      long number = number(old.get(101));
      pass(DAY);
      BatchId young = berlin.submit(request(0));
      BatchId live = berlin.submit(request(1));
      assertThat(paris.removeEnded(DAY)).isZero();
      passMoment();
      paris.runUntilIdle(); // its next sweep is due later

      assertThat(paris.removeEnded(DAY)).isEqualTo(102);
      assertThat(old).noneMatch(id -> berlin.find(id).isPresent());
      assertThat(under.rows(number)).as("records are left to later passes").isPositive();
      assertThat(berlin.find(young)).isPresent();
      assertThat(berlin.find(live)).isPresent();
      assertThat(paris.removeEnded(DAY)).isZero();
      paris.runUntilIdle();
      assertThat(under.rows(number)).isZero();
    }

    @Test
    void refusesAnAgeThatIsOutOfRange() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> berlin.removeEnded(Duration.ofSeconds(-1)))
          .withMessageContaining("olderThan PT-1S");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> berlin.removeEnded(Duration.ofDays(3651)));
    }
  }

  @Nested
  @DisplayName("an engine tells of itself and the others")
  class Nodes {
    @Test
    void whoIsThereAndWhatTheyHave() {
      BatchId id = berlin.submit(request(10));
      assertThat(berlin.explain(id)).extracting(Reason::code).containsExactly("NO_NODE");
      paris.runOnce();

      assertThat(berlin.nodes())
          .extracting(EngineNode::node, EngineNode::types)
          .contains(tuple("paris", List.of("work")));
      EngineNode node = node("paris");
      assertThat(berlin.explain(id))
          .filteredOn(reason -> reason.code().equals("RUNNING_ON"))
          .allSatisfy(reason -> assertThat(reason.node()).contains("paris"))
          .extracting(Reason::items)
          .isEqualTo(node.items() == 0 ? List.of() : List.of(node.items()));
      paris.await(id);
      assertThat(node("paris").items()).isZero();
      assertThat(berlin.explain(id)).isEmpty();
      paris.close();
      assertThat(berlin.nodes()).extracting(EngineNode::node).doesNotContain("paris");
    }

    private EngineNode node(String name) {
      return berlin.nodes().stream()
          .filter(node -> node.node().equals(name))
          .findFirst()
          .orElseThrow();
    }

    @Test
    void whichTypesItHas() {
      assertThat(berlin.registeredTypes()).isEqualTo(List.of(WORK));
    }
  }
}
