package org.batchengine.engine.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepsTest {
  private final List<String> ran = new ArrayList<>();

  private Step step(String name, int changes) {
    int[] left = {changes};
    return new StepOf(
        name,
        () -> {
          ran.add(name);
          return left[0]-- > 0;
        },
        () -> 10);
  }

  @Test
  void takeTurns() {
    Steps steps = new Steps(List.of(step("busy", 100), step("other", 1)));

    steps.runOnce();
    steps.runOnce();
    steps.runOnce();

    assertThat(ran).containsExactly("busy", "other", "busy");
  }

  @Test
  void haveNothingToDoOnlyIfNoneHas() {
    Steps steps = new Steps(List.of(step("one", 0), step("two", 1)));

    assertThat(steps.runOnce()).isTrue();
    assertThat(steps.runOnce()).isFalse();
    assertThat(ran).containsExactly("one", "two", "one", "two");
  }

  @Test
  void goOnAfterOneThatFails() {
    Step failing =
        new StepOf(
            "failing",
            () -> {
              throw new IllegalStateException("away");
            },
            () -> 10);
    Steps steps = new Steps(List.of(failing, step("other", 1)));

    assertThatIllegalStateException().isThrownBy(steps::runOnce);
    assertThat(steps.last()).isEqualTo("failing");
    assertThat(steps.runOnce()).isTrue();
    assertThat(steps.last()).isEqualTo("other");
  }

  @Test
  void idleUntilTheFirstHasWork() {
    Step later = new StepOf("later", () -> false, () -> 20);

    assertThat(new Steps(List.of(later, step("sooner", 0))).idleNanos()).isEqualTo(10);
  }
}
