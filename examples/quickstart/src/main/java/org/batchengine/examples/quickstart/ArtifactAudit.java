package org.batchengine.examples.quickstart;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.batchengine.examples.quickstart.BadFileException.Code;
import org.batchengine.examples.quickstart.Findings.Checksum;

/** Checks one file of a Maven repository. Knows nothing about batches. */
final class ArtifactAudit {
  /** A hash on its own, before or after a file name, or after {@code SHA1(name)=}. */
  private static final Pattern SHA1 = Pattern.compile("(?i)(?<![0-9a-z])[0-9a-f]{40}(?![0-9a-z])");

  private static final int LONGEST_CHECKSUM_BYTES = 4096;

  private ArtifactAudit() {}

  static boolean isArtifact(Path file) {
    return isJar(file) || file.toString().endsWith(".pom");
  }

  /**
   * Reads the whole file and returns what is in it.
   *
   * @throws BadFileException if it is damaged or does not match the {@code .sha1} file next to it
   * @throws NoSuchFileException if it no longer exists
   * @throws IOException if it cannot be read
   */
  static Findings audit(Path file) throws IOException, BadFileException {
    MessageDigest sha1 = digest("SHA-1");
    MessageDigest sha256 = digest("SHA-256");
    OutputStream both =
        new DigestOutputStream(
            new DigestOutputStream(OutputStream.nullOutputStream(), sha1), sha256);
    long bytes = Files.copy(file, both);

    Findings.Jar jar = isJar(file) ? JarAudit.audit(file) : null;
    Findings.Pom pom = isJar(file) ? null : PomAudit.audit(file);
    return new Findings(bytes, hex(sha256), compare(file, hex(sha1)), jar, pom);
  }

  private static boolean isJar(Path file) {
    return file.toString().endsWith(".jar");
  }

  private static Checksum compare(Path file, String found) throws IOException, BadFileException {
    Path beside = file.resolveSibling(file.getFileName() + ".sha1");
    String text;
    try (InputStream in = Files.newInputStream(beside)) {
      text = new String(in.readNBytes(LONGEST_CHECKSUM_BYTES), ISO_8859_1).strip();
    } catch (NoSuchFileException e) {
      return Checksum.ABSENT;
    }
    Matcher expected = SHA1.matcher(text);
    if (!expected.find()) {
      throw new BadFileException(
          Code.SHA1_UNREADABLE,
          "\"%s\" contains no SHA-1: %s".formatted(beside.getFileName(), start(text)));
    }
    if (!expected.group().equalsIgnoreCase(found)) {
      throw new BadFileException(
          Code.SHA1_MISMATCH,
          "\"%s\" has SHA-1 %s, but \"%s\" says %s"
              .formatted(file.getFileName(), found, beside.getFileName(), expected.group()));
    }
    return Checksum.MATCHED;
  }

  private static String start(String text) {
    return text.isEmpty() ? "it is empty" : "\"" + text.lines().findFirst().orElseThrow() + "\"";
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + algorithm, e);
    }
  }
}
