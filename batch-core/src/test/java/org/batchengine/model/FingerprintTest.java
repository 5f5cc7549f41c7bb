package org.batchengine.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("REQ-D7 errors of one kind have one fingerprint")
class FingerprintTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "row 17 is bad                                     | row # is bad",
        "took 1.5 s of 1,000,000                           | took # s of #",
        "order customer-17 unknown                         | order # unknown",
        "no A17-B for Bob_2, 1 left: 3                     | no # for #, # left: #",
        "cannot mail anna.b+x@mail.example.org, retrying   | cannot mail #, retrying",
        "10.0.0.1:8080 refused /orders/17/lines            | # refused /orders/#/lines",
        "no user 0190163d-8694-739b-aea5-966c26f8ad91 here | no user # here",
        "at 0xDEADBEEF                                     | at #",
        "java.lang.Object@1b6d3586 is locked               | java.lang.Object# is locked",
        "commit 9f86d081884c7d65 is gone                   | commit # is gone",
        "facade and decade stay                            | facade and decade stay",
        "unknown name \"Smith\"                            | unknown name #",
        "unknown name 'Smith'                              | unknown name #",
        "unknown name `Smith`                              | unknown name #",
        "can't read 'a' and 'b', it's closed               | can't read # and #, it's closed",
        "2026-11-21T10:00:00Z                              | #"
      })
  void replacesWhatChangesFromErrorToError(String message, String pattern) {
    assertThat(Fingerprint.pattern(message)).isEqualTo(pattern);
  }

  @Test
  void isTheDocumentedHash() throws Exception {
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest("java.io.IOException\nrow #".getBytes(UTF_8));
    assertThat(Fingerprint.of("java.io.IOException", "row 17"))
        .isEqualTo(HexFormat.of().formatHex(hash).substring(0, 16));
  }

  private static StackTraceElement frame(String className, String method) {
    return new StackTraceElement(className, method, "A.java", 17);
  }

  /** As if it was thrown there: by libraries that the host's method has called. */
  private static <T extends Throwable> T thrownBy(T thrown, String className, String method) {
    thrown.setStackTrace(
        new StackTraceElement[] {
          frame("java.util.Objects", "requireNonNull"),
          frame("org.springframework.jdbc.core.JdbcTemplate", "query"),
          frame("com.shop.Orders$$SpringCGLIB$$0", "find"),
          frame("jdk.proxy2.$Proxy17", "find"),
          frame("$Proxy18", "find"),
          frame(className, method),
          frame("com.shop.Main", "run"),
          frame("org.batchengine.ItemCall", "run")
        });
    return thrown;
  }

  private static String of(Throwable thrown) {
    return ItemError.of(1, thrown, Instant.EPOCH).fingerprint();
  }

  private static RuntimeException unknown(String customer, String className, String method) {
    return thrownBy(
        new IllegalStateException("order of " + customer + " unknown"), className, method);
  }

  @Test
  void isOfTheTypeAndTheMethodOfTheHostWhateverTheMessage() {
    String anna = of(unknown("Anna", "com.shop.Orders", "find"));

    assertThat(of(unknown("Bob", "com.shop.Orders", "find"))).isEqualTo(anna);
    assertThat(of(unknown("Anna", "com.shop.Orders", "load"))).isNotEqualTo(anna);
    assertThat(of(unknown("Anna", "com.shop.Customers", "find"))).isNotEqualTo(anna);
    assertThat(of(thrownBy(new IllegalArgumentException(), "com.shop.Orders", "find")))
        .isNotEqualTo(anna);
  }

  @Test
  void staysAsItIsWhenACompilerCountsAnew() {
    assertThat(of(unknown("Anna", "com.shop.Orders$2", "lambda$find$7")))
        .isEqualTo(of(unknown("Anna", "com.shop.Orders", "find")));
  }

  @Test
  void isOfTheInnermostCauseWithItsWrappers() {
    var cause = unknown("Anna", "com.shop.Orders", "find");
    String wrapped = of(thrownBy(new CompletionException(cause), "com.shop.Main", "run"));

    assertThat(
            of(
                thrownBy(
                    new CompletionException(unknown("Bob", "com.shop.Orders", "find")),
                    "com.shop.Other",
                    "run")))
        .isEqualTo(wrapped);
    assertThat(
            of(
                thrownBy(
                    new CompletionException(unknown("Bob", "com.shop.Orders", "load")),
                    "com.shop.Main",
                    "run")))
        .isNotEqualTo(wrapped);
    assertThat(of(cause)).isNotEqualTo(wrapped);
  }

  @Test
  void isOfTheMessageWhereNoFrameIsTheHosts() {
    var bare = new IllegalStateException("row 17");
    bare.setStackTrace(new StackTraceElement[0]);
    String ofMessage = Fingerprint.of("java.lang.IllegalStateException", "row 18");

    assertThat(of(bare)).isEqualTo(ofMessage);
    assertThat(of(thrownBy(bare, "org.batchengine.X", "y"))).isNotEqualTo(ofMessage); // Main.run
    bare.setStackTrace(new StackTraceElement[] {frame("java.lang.Integer", "parseInt")});
    assertThat(of(bare)).isEqualTo(ofMessage);
  }

  @Test
  @Timeout(10)
  void isQuickForHostileMessages() {
    for (String piece :
        new String[] {"'", "\"", "`", "0x", "a", "1", "1,", "@a", "-", "f0", "a@", "a.", "-1:"}) {
      assertThat(Fingerprint.of("X", piece.repeat(2_000 / piece.length()))).hasSize(16);
    }
  }
}
