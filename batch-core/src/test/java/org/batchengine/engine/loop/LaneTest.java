package org.batchengine.engine.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("FAULT-H4 a lane of host code")
class LaneTest {
  private static final long LARGE = Long.MAX_VALUE / 4;

  private final AtomicLong now = new AtomicLong();
  private final AtomicBoolean fatal = new AtomicBoolean();

  /** Threads that were started and have not run. */
  private final Deque<Runnable> threads = new ArrayDeque<>();

  private final List<String> called = new ArrayList<>();
  private final Lanes lanes = new Lanes(threads::add, now::get, how -> fatal.set(true));
  private final Lane ordered = lanes.ordered("listener");
  private final Lane independent = lanes.independent("futures");

  private void add(Lane lane, String name) {
    lane.add(() -> called.add(name), 1);
  }

  private void pass(long millis) {
    now.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private void runAll() {
    while (!threads.isEmpty()) {
      threads.remove().run();
    }
  }

  @Test
  void callsInOrderOnOneThread() {
    add(ordered, "a");
    add(ordered, "b");
    pass(10_000);
    add(ordered, "c");

    assertThat(threads).hasSize(1);
    assertThat(lanes.areIdle()).isFalse();
    runAll();

    assertThat(called).containsExactly("a", "b", "c");
    assertThat(lanes.areIdle()).isTrue();
  }

  @Test
  void takesAThreadAgainWhenThereIsMore() {
    add(ordered, "a");
    runAll();
    add(ordered, "b");
    runAll();

    assertThat(called).containsExactly("a", "b");
  }

  @Test
  void losesAndCountsWhatIsTooMuch() {
    add(ordered, "a");
    ordered.add(() -> called.add("large"), LARGE);
    add(ordered, "c");
    assertThat(lanes.lost()).isEqualTo(1);
    runAll();
    add(ordered, "d");
    runAll();

    assertThat(called).containsExactly("a", "c", "d");
    assertThat(lanes.lost()).isEqualTo(1);
  }

  @Test
  void keepsTheCountOfOneThatIsRemovedAndDropsWhatWaitsThere() {
    add(ordered, "a");
    ordered.add(() -> called.add("large"), LARGE);
    add(ordered, "b");
    lanes.remove(ordered);
    runAll();
    add(ordered, "c");

    assertThat(called).isEmpty();
    assertThat(lanes.lost()).isEqualTo(1);
  }

  @Test
  void takesOneOfAnySize() {
    ordered.add(() -> called.add("large"), LARGE);
    add(ordered, "b");
    runAll();

    assertThat(called).containsExactly("large");
    assertThat(lanes.lost()).isEqualTo(1);
  }

  @Test
  void ofIndependentCallsGoesOnBesideOneThatHangs() {
    independent.add(
        () -> {
          add(independent, "soon");
          assertThat(threads).isEmpty();
          pass(200);
          independent.goOn();
          runAll();
          called.add("hangs no more");
        },
        1);
    runAll();

    assertThat(called).containsExactly("soon", "hangs no more");
    assertThat(lanes.areIdle()).isTrue();
  }

  @Test
  void ofIndependentCallsHasABound() {
    hang(0);
    runAll();

    assertThat(called).hasSize(17);
    assertThat(lanes.areIdle()).isTrue();
  }

  /** Each call that hangs has the next one, and then as many threads as it gets. */
  private void hang(int depth) {
    independent.add(
        () -> {
          called.add("call " + depth);
          if (depth < 15) {
            pass(200);
            hang(depth + 1);
            runAll();
          } else {
            pass(200);
            add(independent, "one too many");
            assertThat(threads).isEmpty();
          }
        },
        1);
  }

  @Test
  void goesOnAfterACallThatThrows() {
    ordered.add(() -> sneaky(new AssertionError("for a test")), 1);
    add(ordered, "b");
    runAll();

    assertThat(called).containsExactly("b");
    assertThat(fatal).isFalse();
  }

  @Test
  void tellsTheEngineThatTheVirtualMachineHasFailed() {
    ordered.add(() -> sneaky(new OutOfMemoryError("for a test")), 1);
    runAll();

    assertThat(fatal).isTrue();
  }

  private static void sneaky(Error error) {
    throw error;
  }

  @Test
  void dropsWhatWaitsAtItsCloseUnlessOthersWaitForIt() {
    add(ordered, "event");
    add(independent, "future");
    lanes.close();
    runAll();
    add(ordered, "late");
    runAll();

    assertThat(called).containsExactly("future");
  }

  @Test
  void harmsNobodyWhenThereAreNoThreads() {
    var none =
        new Lanes(
                task -> {
                  throw new RejectedExecutionException("for a test");
                },
                now::get,
                how -> {})
            .ordered("listener");

    none.add(() -> called.add("a"), 1);
    none.add(() -> called.add("b"), 1);

    assertThat(none.isIdle()).isFalse();
    assertThat(called).isEmpty();
  }
}
