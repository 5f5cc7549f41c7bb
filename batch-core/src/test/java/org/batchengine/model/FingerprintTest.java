package org.batchengine.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.util.HexFormat;
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
        "no user 0190163d-8694-739b-aea5-966c26f8ad91 here | no user # here",
        "at 0xDEADBEEF                                     | at #",
        "java.lang.Object@1b6d3586 is locked               | java.lang.Object# is locked",
        "commit 9f86d081884c7d65 is gone                   | commit # is gone",
        "facade and decade stay                            | facade and decade stay",
        "unknown name \"Smith\"                            | unknown name #",
        "unknown name 'Smith'                              | unknown name #",
        "unknown name `Smith`                              | unknown name #",
        "can't read 'a' and 'b', it's closed               | can't read # and #, it's closed",
        "2026-11-21T10:00:00Z                              | #-#-#T#:#:#Z"
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

  @Test
  @Timeout(10)
  void isQuickForHostileMessages() {
    for (String piece : new String[] {"'", "\"", "`", "0x", "a", "1", "1,", "@a", "-", "f0"}) {
      assertThat(Fingerprint.of("X", piece.repeat(2_000 / piece.length()))).hasSize(16);
    }
  }
}
