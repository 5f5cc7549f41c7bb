package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.UndeclaredThrowableException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("REQ-U12 a retry policy")
class RetryPolicyTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Random random = new Random(1);

  @Nested
  class Allows {

    @Test
    void threeRetriesUnlessSaidOtherwise() {
      assertThat(IntStream.range(0, 5).filter(RetryPolicy.fixed(SECOND)::allows)).hasSize(3);
    }

    @Test
    void oneRetryAndThenNoMore() {
      RetryPolicy once = RetryPolicy.fixed(SECOND).maxRetries(1);
      assertThat(once.allows(0)).isTrue();
      assertThat(once.allows(1)).isFalse();
    }

    @Test
    void noneAtAll() {
      assertThat(RetryPolicy.none().allows(0)).isFalse();
    }

    @ParameterizedTest
    @Tag("FAULT-B8")
    @ValueSource(ints = {-1, 10_001, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void isRefusedOutsideOfItsRange(int retries) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RetryPolicy.fixed(SECOND).maxRetries(retries))
          .withMessage("maxRetries " + retries + " is out of range: 0 to 10000");
    }
  }

  @Nested
  class Delay {

    @Test
    void isAlwaysTheSameWhenFixed() {
      RetryPolicy policy = RetryPolicy.fixed(SECOND);
      assertThat(policy.delay(1, random)).isEqualTo(SECOND);
      assertThat(policy.delay(9_999, random)).isEqualTo(SECOND);
    }

    @Test
    void doublesWhenExponential() {
      RetryPolicy policy = RetryPolicy.exponential(SECOND).jitter(0);
      assertThat(
              IntStream.rangeClosed(1, 5)
                  .mapToObj(retry -> policy.delay(retry, random).toSeconds()))
          .containsExactly(1L, 2L, 4L, 8L, 16L);
    }

    @Test
    void growsToAnHourUnlessSaidOtherwise() {
      RetryPolicy policy = RetryPolicy.exponential(SECOND).jitter(0);
      assertThat(policy.delay(100, random)).isEqualTo(Duration.ofHours(1));
    }

    @Test
    void growsToTheFirstWhenThatIsLonger() {
      RetryPolicy policy = RetryPolicy.exponential(Duration.ofHours(2)).jitter(0);
      assertThat(policy.delay(3, random)).isEqualTo(Duration.ofHours(2));
    }

    @Test
    void growsToWhatIsSaid() {
      RetryPolicy policy =
          RetryPolicy.exponential(SECOND).maxDelay(Duration.ofSeconds(5)).jitter(0);
      assertThat(policy.delay(3, random)).isEqualTo(Duration.ofSeconds(4));
      assertThat(policy.delay(4, random)).isEqualTo(Duration.ofSeconds(5));
    }

    @ParameterizedTest
    @Tag("FAULT-B8")
    @ValueSource(ints = {2, 20, 62, 63, 64, 65, 128, 10_000, Integer.MAX_VALUE})
    void neverOverflows(int retry) {
      Duration most = Duration.ofDays(365);
      RetryPolicy policy = RetryPolicy.exponential(most.minusNanos(1)).maxDelay(most).jitter(0);
      assertThat(policy.delay(retry, random)).isEqualTo(most);
    }

    @Test
    void neverShrinksFromOneRetryToTheNext() {
      RetryPolicy policy =
          RetryPolicy.exponential(Duration.ofNanos(3)).maxDelay(Duration.ofDays(365)).jitter(0);
      assertThat(IntStream.rangeClosed(1, 200).mapToObj(retry -> policy.delay(retry, random)))
          .isSorted();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void isShortenedByUpToTheJitter(long seed) {
      RetryPolicy policy = RetryPolicy.fixed(Duration.ofSeconds(10)).jitter(0.25);
      Random seeded = new Random(seed);
      assertThat(Stream.generate(() -> policy.delay(1, seeded)).limit(1_000))
          .allSatisfy(
              delay ->
                  assertThat(delay).isBetween(Duration.ofMillis(7_500), Duration.ofSeconds(10)))
          .anySatisfy(delay -> assertThat(delay).isLessThan(Duration.ofSeconds(8)))
          .anySatisfy(delay -> assertThat(delay).isGreaterThan(Duration.ofMillis(9_500)));
    }

    @Test
    void isHalfLeftToChanceWhenExponential() {
      RetryPolicy policy = RetryPolicy.exponential(SECOND);
      assertThat(Stream.generate(() -> policy.delay(1, random)).limit(1_000))
          .allSatisfy(delay -> assertThat(delay).isBetween(Duration.ofMillis(500), SECOND));
      assertThat(policy).isEqualTo(policy.jitter(0.5));
    }

    @Test
    void isNotLeftToChanceWhenFixed() {
      assertThat(RetryPolicy.fixed(SECOND)).isEqualTo(RetryPolicy.fixed(SECOND).jitter(0));
    }

    @Test
    void isRefusedForARetryBeforeTheFirst() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RetryPolicy.fixed(SECOND).delay(0, random))
          .withMessageContaining("retry 0");
    }

    static Stream<Duration> impossible() {
      return Stream.of(
          Duration.ZERO,
          Duration.ofNanos(-1),
          Duration.ofDays(365).plusNanos(1),
          Duration.ofSeconds(Long.MAX_VALUE),
          Duration.ofSeconds(Long.MIN_VALUE));
    }

    @ParameterizedTest
    @Tag("FAULT-B8")
    @MethodSource("impossible")
    void isRefusedOutsideOfItsRange(Duration delay) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RetryPolicy.fixed(delay))
          .withMessageContaining(delay.toString());
      assertThatIllegalArgumentException().isThrownBy(() -> RetryPolicy.exponential(delay));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RetryPolicy.fixed(SECOND).maxDelay(delay));
    }

    @Test
    void isRefusedWhenTheLongestIsShorterThanTheFirst() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RetryPolicy.fixed(SECOND).maxDelay(Duration.ofMillis(999)))
          .withMessage("maxDelay PT0.999S is shorter than the first delay PT1S");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1.1, Double.NaN, Double.POSITIVE_INFINITY})
    void isRefusedWithAJitterOutsideOfItsRange(double jitter) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RetryPolicy.fixed(SECOND).jitter(jitter))
          .withMessageContaining("jitter " + jitter);
    }
  }

  @Nested
  class IsRetryable {
    private final RetryPolicy any = RetryPolicy.fixed(SECOND);

    @Test
    void anythingUnlessSaidOtherwise() {
      assertThat(any.isRetryable(new IOException())).isTrue();
      assertThat(any.isRetryable(new AssertionError())).isTrue();
    }

    @Test
    void onlyWhatIsNamedOnceSomethingIs() {
      RetryPolicy policy = any.retryOn(IOException.class);
      assertThat(policy.isRetryable(new IOException())).isTrue();
      assertThat(policy.isRetryable(new IllegalStateException())).isFalse();
    }

    @Test
    void subclassesOfWhatIsNamed() {
      assertThat(any.retryOn(IOException.class).isRetryable(new FileNotFoundException())).isTrue();
      assertThat(any.neverOn(IOException.class).isRetryable(new FileNotFoundException())).isFalse();
    }

    @Test
    void notTheSuperclassOfWhatIsNamed() {
      assertThat(any.retryOn(FileNotFoundException.class).isRetryable(new IOException())).isFalse();
    }

    @Test
    void whatTheNearestNameSays() {
      RetryPolicy policy = any.neverOn(Exception.class).retryOn(IOException.class);
      assertThat(policy.isRetryable(new FileNotFoundException())).isTrue();
      assertThat(policy.isRetryable(new Exception())).isFalse();
    }

    @Test
    void neverWhatIsNamedOnBothSides() {
      RetryPolicy policy = any.retryOn(IOException.class).neverOn(IOException.class);
      assertThat(policy.isRetryable(new IOException())).isFalse();
    }

    static Stream<Throwable> wrappedIo() {
      var io = new FileNotFoundException();
      return Stream.of(
          new CompletionException(io),
          new ExecutionException(io),
          new InvocationTargetException(io),
          new UndeclaredThrowableException(io),
          new CompletionException(new ExecutionException(new InvocationTargetException(io))));
    }

    @ParameterizedTest
    @MethodSource("wrappedIo")
    void whatAWrapperWraps(Throwable wrapper) {
      assertThat(RetryPolicy.unwrap(wrapper)).isInstanceOf(FileNotFoundException.class);
      assertThat(any.neverOn(IOException.class).isRetryable(wrapper)).isFalse();
      assertThat(any.retryOn(IOException.class).isRetryable(wrapper)).isTrue();
      assertThat(any.neverOn(Exception.class).retryOn(IOException.class).isRetryable(wrapper))
          .isTrue();
    }

    @Test
    void aWrapperItselfIfItIsNamedOrWrapsNothing() {
      var wrapper = new ExecutionException(new IOException());
      var empty = new InvocationTargetException(null);
      RetryPolicy policy = any.neverOn(ExecutionException.class).retryOn(IOException.class);

      assertThat(policy.isRetryable(wrapper)).isFalse();
      assertThat(RetryPolicy.unwrap(empty)).isSameAs(empty);
      assertThat(any.neverOn(ReflectiveOperationException.class).isRetryable(empty)).isFalse();
    }

    @Test
    void whateverAnotherCauseIs() {
      RetryPolicy policy = any.neverOn(IOException.class);
      assertThat(policy.isRetryable(new UncheckedIOException(new IOException()))).isTrue();
    }

    @Test
    void namesAddUp() {
      RetryPolicy policy = any.neverOn(IOException.class).neverOn(IllegalStateException.class);
      assertThat(policy.isRetryable(new IOException())).isFalse();
      assertThat(policy.isRetryable(new IllegalStateException())).isFalse();
    }

    @Test
    void classesThatThisProgramDoesNotHave() {
      RetryPolicy policy =
          RetryPolicy.parse("fixed=PT1S retries=3 max=PT1H jitter=0.0 never=com.example.Gone");
      assertThat(policy.isRetryable(new IOException())).isTrue();
    }
  }

  @Nested
  class IsRetryableCode {
    private final RetryPolicy policy =
        RetryPolicy.fixed(SECOND).neverOnCode("404", "bad = worse, ü");

    @Test
    void unlessItIsNamed() {
      assertThat(policy.isRetryableCode("503")).isTrue();
      assertThat(policy.isRetryableCode("404")).isFalse();
      assertThat(policy.isRetryableCode("bad = worse, ü")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\0", "\uD83D"})
    void isRefusedWhenItCannotBeStored(String code) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> policy.neverOnCode(code))
          .withMessageContaining("1 to 300 characters");
    }
  }

  @Nested
  class Text {

    static Stream<RetryPolicy> policies() {
      return Stream.of(
          RetryPolicy.none(),
          RetryPolicy.fixed(Duration.ofMillis(250)),
          RetryPolicy.exponential(Duration.ofNanos(1)).jitter(1.0 / 3),
          RetryPolicy.exponential(SECOND)
              .maxRetries(10_000)
              .maxDelay(Duration.ofDays(365))
              .retryOn(IOException.class, Inner.class)
              .neverOn(Error.class)
              .neverOnCode("404", "a b", "a,b", "a=b", "ü", "100%", "+"));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void isReadBackEqual(RetryPolicy policy) {
      assertThat(RetryPolicy.parse(policy.toText())).isEqualTo(policy).hasSameHashCodeAs(policy);
    }

    @ParameterizedTest
    @MethodSource("policies")
    void isAscii(RetryPolicy policy) {
      assertThat(policy.toText()).matches("[ -~]+");
    }

    @Test
    void isStable() {
      assertThat(
              RetryPolicy.exponential(Duration.ofSeconds(2))
                  .maxRetries(5)
                  .retryOn(IOException.class)
                  .neverOn(Inner.class)
                  .neverOnCode("b b", "a")
                  .toText())
          .isEqualTo(
              "exponential=PT2S retries=5 max=PT1H jitter=0.5 on=java.io.IOException"
                  + " never=org.batchengine.model.RetryPolicyTest%24Inner codes=a,b+b");
    }

    @Test
    void isThatOfTheDocumentation() {
      assertThat(RetryPolicy.exponential(Duration.ofSeconds(2)).maxRetries(5).neverOn(Error.class))
          .hasToString("exponential=PT2S retries=5 max=PT1H jitter=0.5 never=java.lang.Error");
    }

    @Test
    void doesNotDependOnTheOrderOfNames() {
      assertThat(RetryPolicy.none().retryOn(IOException.class, Error.class))
          .isEqualTo(RetryPolicy.none().retryOn(Error.class, IOException.class));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "never",
          "fixed=PT1S",
          "fixed=PT1S retries=3 max=PT1H",
          "fixed=PT1S retries=3 max=PT1H jitter=0 more=1",
          "fixed=PT1S retries=3 max=PT1H jitter=0 retries=4",
          "fixed=PT1S exponential=PT1S retries=3 max=PT1H jitter=0",
          "fixed=PT1S  retries=3 max=PT1H jitter=0",
          "fixed=1s retries=3 max=PT1H jitter=0",
          "fixed=PT1S retries=-1 max=PT1H jitter=0",
          "fixed=PT1S retries=many max=PT1H jitter=0",
          "fixed=PT1S retries=3 max=PT1H jitter=NaN",
          "fixed=PT1S retries=3 max=PT1H jitter=0 codes=%zz"
        })
    void isRefusedWithItsFault(String text) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RetryPolicy.parse(text))
          .withMessageStartingWith("not a retry policy: \"" + text + "\": ");
    }

    @Test
    void isRefusedWhenTooLongToBeStored() {
      String[] codes = IntStream.range(0, 400).mapToObj(i -> "CODE_" + i).toArray(String[]::new);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RetryPolicy.none().neverOnCode(codes))
          .withMessageContaining("2000");
    }

    @Test
    void isRefusedWhenTooLongToBeRead() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RetryPolicy.parse("x".repeat(2_001)))
          .withMessageContaining("more than 2000 characters");
    }
  }

  private static final class Inner extends Exception {
    private static final long serialVersionUID = 1L;
  }
}
