package org.batchengine.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** Computes fingerprints of errors; {@link ItemError#fingerprint()} documents the formula. */
final class Fingerprint {
  private static final int BYTES = 8;

  private static final Pattern CHANGING =
      Pattern.compile(
          String.join(
              "|",
              "\\b\\p{XDigit}{8}(?:-\\p{XDigit}{4}){3}-\\p{XDigit}{12}\\b",
              "\"[^\"]*\"",
              "(?<![\\p{L}\\p{N}])'[^']*'", // not the apostrophe in "can't"
              "`[^`]*`",
              "\\b0[xX]\\p{XDigit}+",
              "@\\p{XDigit}+\\b", // Object.toString
              "\\b(?=\\p{Alpha}*\\p{Digit})\\p{XDigit}{8,}\\b",
              "\\p{Digit}+(?:[.,]\\p{Digit}+)*"));

  private Fingerprint() {}

  static String of(String type, String message) {
    byte[] hash = sha256().digest((type + "\n" + pattern(message)).getBytes(UTF_8));
    return HexFormat.of().formatHex(hash, 0, BYTES);
  }

  static String pattern(String message) {
    return CHANGING.matcher(message).replaceAll("#");
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
