package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Iterator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ItemErrorTest {
  private static final Instant T0 = Instant.parse("2026-11-21T10:00:00Z");

  private static ItemError of(Throwable thrown) {
    return ItemError.of(2, thrown, T0);
  }

  @Nested
  class OfThrown {

    @Test
    void tellsClassMessageAttemptAndTime() {
      ItemError error = of(new IllegalStateException("broken"));
      assertThat(error.type()).isEqualTo("java.lang.IllegalStateException");
      assertThat(error.message()).isEqualTo("broken");
      assertThat(error.attempt()).isEqualTo(2);
      assertThat(error.at()).isEqualTo(T0);
    }

    @Test
    void hasAnEmptyMessageWhereThereIsNone() {
      assertThat(of(new IllegalStateException()).message()).isEmpty();
    }

    @Test
    void showsWhereItWasThrown() {
      assertThat(of(new IllegalStateException("broken")).stack())
          .startsWith("java.lang.IllegalStateException: broken\n\tat ")
          .contains("ItemErrorTest");
    }

    @Test
    void showsCauses() {
      Exception cause = new IllegalArgumentException("root");
      assertThat(of(new IllegalStateException("outer", cause)).stack())
          .contains("\nCaused by: java.lang.IllegalArgumentException: root\n\tat ");
    }

    @Test
    void showsFramesInCommonOnce() {
      Exception cause = new IllegalArgumentException("root");
      assertThat(of(new IllegalStateException("outer", cause)).stack())
          .containsPattern("\t\\.\\.\\. \\d+ more\n$");
    }

    @Test
    void showsWhatWasSuppressed() {
      Exception thrown = new IllegalStateException("outer");
      thrown.addSuppressed(new IllegalArgumentException("closing"));
      assertThat(of(thrown).stack())
          .contains("\tSuppressed: java.lang.IllegalArgumentException: closing\n");
    }

    /** As drivers do: the exception of a batch has no cause, but a next exception for each row. */
    @Test
    void showsTheNextExceptionsOfAnSqlException() {
      BatchUpdateException batch = new BatchUpdateException("batch was aborted", new int[0]);
      batch.setNextException(new SQLException("duplicate key", "23505", rootOf()));
      batch.setNextException(new SQLException("value too long", "22001"));

      assertThat(of(new IllegalStateException("cannot book", batch)).stack())
          .contains(
              "\nCaused by: java.sql.BatchUpdateException: batch was aborted\n",
              "\nNext: java.sql.SQLException: duplicate key\n\tat ",
              "\nNext: java.lang.IllegalStateException: the root\n",
              "\nNext: java.sql.SQLException: value too long\n");
    }

    private static Throwable rootOf() {
      return new IllegalStateException("the root");
    }
  }

  @Nested
  @Tag("FAULT-B3")
  class OfHostileThrown {

    @Test
    @DisplayName("REQ-X2 what is cut off a message shows")
    void cutsAMessageOfFiveMegabytes() {
      ItemError error = of(new IllegalStateException("x".repeat(5_000_000)));
      assertThat(error.message()).hasSize(ItemError.MAX_MESSAGE_LENGTH).endsWith("…");
      assertThat(error.stack()).hasSizeLessThanOrEqualTo(ItemError.MAX_STACK_LENGTH);
    }

    @Test
    void survivesTwoThousandCauses() {
      Throwable thrown = new IllegalStateException("root");
      for (int i = 0; i < 2_000; i++) {
        thrown = new IllegalStateException("cause " + i, thrown);
      }
      assertThat(of(thrown).stack())
          .hasSizeLessThanOrEqualTo(ItemError.MAX_STACK_LENGTH)
          .contains("cause 1999", "Further causes omitted");
    }

    @Test
    void survivesACycleOfCauses() {
      Exception one = new IllegalStateException("one");
      Exception two = new IllegalStateException("two", one);
      one.initCause(two);
      assertThat(of(one).stack()).containsOnlyOnce("one").containsOnlyOnce("two");
    }

    @Test
    void survivesAnExceptionThatCausesNewOnesForEver() {
      assertThat(of(new EndlessException()).stack()).contains("Further causes omitted");
    }

    @Test
    void survivesTenThousandNextExceptionsAndShowsFive() {
      SQLException first = new SQLException("first");
      SQLException last = first;
      for (int i = 0; i < 10_000; i++) {
        SQLException next = new SQLException("row " + i);
        last.setNextException(next);
        last = next;
      }

      assertThat(of(first).stack()).contains("row 0", "row 4").doesNotContain("row 5");
    }

    @Test
    void survivesAListOfNextExceptionsThatThrowsOrNeverEnds() {
      assertThat(of(new EndlessList(true)).stack()).contains("EndlessList");
      assertThat(of(new EndlessList(false)).stack()).contains("EndlessList");
    }

    @Test
    void survivesMethodsThatThrow() {
      ItemError error = of(new HostileException(new IllegalStateException()));
      assertThat(error.message()).isEqualTo("(its message could not be read)");
      assertThat(error.type()).isEqualTo(HostileException.class.getName());
    }

    @Test
    void survivesMethodsThatThrowErrors() {
      assertThat(of(new HostileException(new StackOverflowError())).message()).isNotEmpty();
      assertThat(of(new HostileException(new NoClassDefFoundError())).message()).isNotEmpty();
    }

    @Test
    @DisplayName("REQ-X2 a stack that is cut still shows the root cause")
    void keepsTheRootInViewOfADeepStack() {
      Throwable thrown = deep(500, new IllegalArgumentException("the root"));
      for (int i = 0; i < 5; i++) {
        thrown = deep(500, thrown);
      }
      assertThat(of(thrown).stack())
          .hasSizeLessThanOrEqualTo(ItemError.MAX_STACK_LENGTH)
          .contains("Caused by: java.lang.IllegalArgumentException: the root");
    }

    @Test
    @Tag("FAULT-B1")
    void replacesWhatCannotBeStored() {
      ItemError error = of(new IllegalStateException("a\0b\uD83D"));
      assertThat(error.message()).isEqualTo("a\uFFFDb\uFFFD");
      assertThat(StoredText.problem(error.stack())).isEmpty();
    }

    private static Throwable deep(int frames, Throwable cause) {
      return frames == 0 ? new IllegalStateException("wrapped", cause) : deep(frames - 1, cause);
    }
  }

  @Nested
  class OfCode {

    @Test
    void tellsCodeAndMessage() {
      ItemError error = ItemError.of(1, "HTTP_404", "no such page", T0);
      assertThat(error.type()).isEqualTo("HTTP_404");
      assertThat(error.message()).isEqualTo("no such page");
      assertThat(error.stack()).isEmpty();
    }

    @Test
    void takesNullForNoMessage() {
      assertThat(ItemError.of(1, "HTTP_404", null, T0).message()).isEmpty();
    }

    @Test
    void givesANameToAnEmptyCode() {
      assertThat(ItemError.of(1, " ", "m", T0).type()).isEqualTo("ERROR");
      assertThat(ItemError.of(1, null, "m", T0).type()).isEqualTo("ERROR");
    }

    @Test
    @Tag("FAULT-B1")
    void cleansAndCutsItsTexts() {
      ItemError error = ItemError.of(1, "\0" + "c".repeat(1_000), "\0", T0);
      assertThat(error.type()).hasSize(ItemError.MAX_TYPE_LENGTH).startsWith("\uFFFDccc");
      assertThat(error.message()).isEqualTo("\uFFFD");
    }
  }

  @Nested
  @DisplayName("REQ-D7 fingerprint")
  class FingerprintOfError {

    @Test
    void isSixteenHexadecimalDigits() {
      assertThat(of(new IllegalStateException("broken")).fingerprint()).matches("[0-9a-f]{16}");
    }

    @Test
    void isTheSameForMessagesThatDifferInFigures() {
      assertThat(ItemError.of(1, "X", "row 17 of 40", T0).fingerprint())
          .isEqualTo(ItemError.of(2, "X", "row 4711 of 8000", T0).fingerprint());
    }

    @Test
    void differsByType() {
      assertThat(ItemError.of(1, "X", "m", T0).fingerprint())
          .isNotEqualTo(ItemError.of(1, "Y", "m", T0).fingerprint());
    }

    @Test
    void differsByWords() {
      assertThat(ItemError.of(1, "X", "no row", T0).fingerprint())
          .isNotEqualTo(ItemError.of(1, "X", "no page", T0).fingerprint());
    }
  }

  @Test
  @Tag("FAULT-S7")
  void printsNeitherMessageNorStack() {
    assertThat(of(new IllegalStateException("secret")).toString())
        .contains("IllegalStateException")
        .doesNotContain("secret");
  }

  @Test
  void refusesANegativeAttempt() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ItemError.of(-1, "X", "m", T0))
        .withMessage("attempt -1 is out of range: at least 0");
  }

  @SuppressWarnings("serial")
  private static final class EndlessException extends RuntimeException {
    @Override
    public synchronized Throwable getCause() {
      return new EndlessException();
    }
  }

  @SuppressWarnings("serial")
  private static final class EndlessList extends RuntimeException implements Iterable<Throwable> {
    private final boolean isBroken;

    EndlessList(boolean isBroken) {
      this.isBroken = isBroken;
    }

    @Override
    public Iterator<Throwable> iterator() {
      if (isBroken) {
        throw new IllegalStateException("no list");
      }
      return Stream.<Throwable>generate(IllegalStateException::new).iterator();
    }
  }

  @SuppressWarnings("serial")
  private static final class HostileException extends RuntimeException {
    private final transient Throwable answer;

    HostileException(Throwable answer) {
      this.answer = answer;
    }

    @Override
    public String getMessage() {
      return refuse(answer);
    }

    @Override
    public synchronized Throwable getCause() {
      return refuse(answer);
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      return refuse(answer);
    }

    @Override
    public String toString() {
      return refuse(answer);
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T, X extends Throwable> T refuse(Throwable thrown) throws X {
      throw (X) thrown;
    }
  }
}
