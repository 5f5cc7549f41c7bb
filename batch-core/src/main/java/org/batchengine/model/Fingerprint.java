package org.batchengine.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.batchengine.model.ThrownText.Link;
import org.jspecify.annotations.Nullable;

/** Computes fingerprints of errors; {@link ItemError#fingerprint()} documents the formula. */
final class Fingerprint {
  private static final int BYTES = 8;

  /** From the start of a word: letters, digits, _ and -, with a digit among them. */
  private static final String WITH_DIGIT = "[\\p{L}_-]*+\\p{N}[\\p{L}\\p{N}_-]*+";

  private static final Pattern CHANGING =
      Pattern.compile(
          String.join(
              "|",
              "\"[^\"]*\"",
              "(?<![\\p{L}\\p{N}])'[^']*'", // not the apostrophe in "can't"
              "`[^`]*`",
              "(?<![\\p{L}\\p{N}._%+-])[\\p{L}\\p{N}._%+-]++@[\\p{L}\\p{N}-]++(?:\\.[\\p{L}\\p{N}-]++)++",
              "@\\p{XDigit}+\\b", // Object.toString
              "(?<![\\p{L}\\p{N}_-])" + WITH_DIGIT + "(?:[.,:]" + WITH_DIGIT + ")*+"));

  private static final Pattern LAMBDA = Pattern.compile("lambda\\$(.*)\\$\\d+");
  private static final Pattern ANONYMOUS = Pattern.compile("\\$\\d+");

  private Fingerprint() {}

  /** The fingerprint of what was thrown, with its causes. */
  static String of(String type, String message, List<Link> causes) {
    StringBuilder what = new StringBuilder();
    String place = null;
    for (Link each : causes) {
      what.append(each.type()).append('\n');
      String found = place(each.frames());
      place = found == null ? place : found;
    }
    return place == null ? of(type, message) : hash(what + place);
  }

  static String of(String type, String message) {
    return hash(type + "\n" + pattern(message));
  }

  private static String hash(String what) {
    return HexFormat.of().formatHex(sha256().digest(what.getBytes(UTF_8)), 0, BYTES);
  }

  static String pattern(String message) {
    return CHANGING.matcher(message).replaceAll("#");
  }

  /**
   * The method of the host that is nearest to where it was thrown, without what a compiler numbers.
   */
  static @Nullable String place(List<StackTraceElement> frames) {
    for (StackTraceElement frame : frames) {
      if (HostFrames.contain(frame.getClassName())) {
        return ANONYMOUS.matcher(frame.getClassName()).replaceAll("")
            + "."
            + LAMBDA.matcher(frame.getMethodName()).replaceFirst("$1");
      }
    }
    return null;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
