package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ExceptionsTest {
  private static final BatchId ID = BatchId.of("0190163d-8694-739b-aea5-966c26f8ad91");
  private static final Violation VIOLATION = new Violation("lines[2].amount", "is negative", "MIN");

  @Test
  void haveOneUncheckedRoot() {
    assertThat(
            List.of(
                new BatchNotFoundException(ID),
                new IllegalTransitionException(ID, BatchState.RUNNING, BatchState.PENDING),
                new IdempotencyConflictException("key", ID, "difference"),
                new InvalidItemException(1, List.of(VIOLATION)),
                new PayloadException("message"),
                StoreException.ofTransient("message", null)))
        .hasOnlyElementsOfType(BatchException.class);
    assertThat(RuntimeException.class).isAssignableFrom(BatchException.class);
  }

  @Test
  @DisplayName("REQ-B11 what is not found is named")
  void nameTheBatchThatIsNotThere() {
    BatchNotFoundException e = new BatchNotFoundException(ID);
    assertThat(e).hasMessageContaining(ID.toString()).hasMessageContaining("find");
    assertThat(e.batchId()).isEqualTo(ID);
  }

  @Test
  void nameBothStatesAndWhatIsAllowed() {
    IllegalTransitionException e =
        new IllegalTransitionException(ID, BatchState.STOPPING, BatchState.RUNNING);
    assertThat(e)
        .hasMessage(
            "batch %s is STOPPING: it cannot become RUNNING, only COMPLETED or FAILED or CANCELLED",
            ID);
    assertThat(e.batchId()).isEqualTo(ID);
    assertThat(e.state()).isEqualTo(BatchState.STOPPING);
  }

  @Test
  void nameTheBatchThatHoldsAKey() {
    IdempotencyConflictException e =
        new IdempotencyConflictException("key\n1", ID, "it has 10 items, this request has 12");
    assertThat(e)
        .hasMessageContaining("\"key\uFFFD1\"")
        .hasMessageContaining(ID.toString())
        .hasMessageContaining("it has 10 items, this request has 12");
    assertThat(e.key()).isEqualTo("key\n1");
    assertThat(e.existing()).isEqualTo(ID);
  }

  @Test
  @DisplayName("REQ-M21 an invalid item is named, and why it is")
  void nameTheItemThatIsInvalidAndWhy() {
    InvalidItemException e = new InvalidItemException(17, List.of(VIOLATION));
    assertThat(e).hasMessage("item 17 is invalid: lines[2].amount: is negative (MIN)");
    assertThat(e.index()).isEqualTo(17);
    assertThat(e.violations()).containsExactly(VIOLATION);
  }

  @Test
  void nameAnInputAsAWholeWithoutAPath() {
    assertThat(new Violation("", "is null", "NULL")).hasToString("is null (NULL)");
  }

  @Test
  void nameTenViolationsAndCountTheRest() {
    assertThat(new InvalidItemException(0, Collections.nCopies(12, VIOLATION)))
        .hasMessageEndingWith("; and 2 more");
  }

  @Test
  void refuseAnInvalidItemWithoutViolation() {
    assertThatIllegalArgumentException().isThrownBy(() -> new InvalidItemException(0, List.of()));
  }

  @Test
  void sayWhetherAStoreMayRecover() {
    assertThat(StoreException.ofTransient("away", null).isTransient()).isTrue();
    assertThat(StoreException.ofPermanent("no table", null).isTransient()).isFalse();
  }

  @Test
  void keepACause() {
    Exception cause = new IllegalStateException();
    assertThat(StoreException.ofPermanent("no table", cause)).hasCause(cause);
    assertThat(new InvalidItemException(0, List.of(VIOLATION), cause)).hasCause(cause);
  }

  @Test
  @Tag("FAULT-S7")
  void keepTheTextOfACodecsExceptionOut() {
    PayloadException e =
        PayloadException.withoutText("cannot be read", new IllegalStateException("secret"));
    assertThat(e)
        .hasMessage(
            "cannot be read: java.lang.IllegalStateException (its message may quote the payload)");
    assertThat(e.getCause()).hasMessageNotContaining("secret");
  }

  @Test
  void keepTheTextOfOurOwn() {
    PayloadException inner = new PayloadException("no Invoice");
    assertThat(PayloadException.withoutText("cannot be read", inner))
        .hasMessage("cannot be read: no Invoice")
        .hasCause(inner);
  }
}
