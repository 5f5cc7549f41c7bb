package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;

import org.batchengine.store.ClaimRequest.Wanted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FairShareTest {

  @ParameterizedTest
  @CsvSource({
    // due, sessions, what a claim of 1,000 that is worth it from 50 on may take
    "9223372036854775807, 2, 1_000", // plenty
    "10_000, 2, 1_000",
    " 1_000, 2,   500",
    "   999, 2,   500",
    "   300, 4,    75",
    "    60, 4,    50",
    "     0, 2,    50",
  })
  void leavesOthersTheirsOfWhatIsLeft(long due, int sessions, int share) {
    assertThat(FairShare.ofChunks(wanted(1_000, 50), sessions, () -> due)).isEqualTo(share);
  }

  @Test
  void isAllThatIsWantedOfASessionAlone() {
    assertThat(FairShare.ofChunks(wanted(1_000, 50), 1, FairShareTest::unasked)).isEqualTo(1_000);
  }

  @Test
  void isAllThatIsWantedIfLessIsNotWorthAClaim() {
    assertThat(FairShare.ofChunks(wanted(50, 50), 9, FairShareTest::unasked)).isEqualTo(50);
    assertThat(FairShare.ofChunks(wanted(20, 50), 9, FairShareTest::unasked)).isEqualTo(20);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1", "3, 2", "100, 50", "2147483646, 1073741823"})
  void ofRetriesIsHalf(int items, int retries) {
    assertThat(FairShare.ofRetries(items)).isEqualTo(retries);
  }

  private static long unasked() {
    throw new AssertionError("what is due is asked for nothing");
  }

  private static Wanted wanted(int items, int least) {
    return new Wanted("echo", items, 5_000, least);
  }
}
