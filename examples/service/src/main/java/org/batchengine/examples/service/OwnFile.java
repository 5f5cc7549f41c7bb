package org.batchengine.examples.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** A secret in a file that only its owner can read; made at the first start. */
final class OwnFile {
  private static final Set<PosixFilePermission> OTHERS =
      PosixFilePermissions.fromString("---rwxrwx");
  private static final int BYTES = 32;

  private OwnFile() {}

  /**
   * Reads a secret, or makes one of 32 random bytes.
   *
   * @param form what a secret looks like
   * @param encoding of new bytes
   * @throws IllegalArgumentException if others can read the file, or it holds something else
   */
  static String readOrMake(Path file, Pattern form, Function<byte[], String> encoding)
      throws IOException {
    if (!Files.exists(file)) {
      byte[] bytes = new byte[BYTES];
      new SecureRandom().nextBytes(bytes);
      make(file, encoding.apply(bytes));
    }
    if (isPosix(file) && Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
      throw new IllegalArgumentException(
          "others can read %s: run chmod 600 on it, or delete it to get a new one".formatted(file));
    }
    String secret = Files.readString(file).strip();
    if (!form.matcher(secret).matches()) {
      throw new IllegalArgumentException(
          "%s does not hold what was written there: delete it to get a new one".formatted(file));
    }
    return secret;
  }

  /** Makes a folder, if there is none, that only its owner can read. */
  static void makeFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder, only(folder, "rwx------"));
    }
  }

  private static FileAttribute<?>[] only(Path file, String permissions) {
    return isPosix(file)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  /** Never half a secret, and never one that others could have read meanwhile. */
  private static void make(Path file, String secret) throws IOException {
    Path part =
        Files.createTempFile(
            file.toAbsolutePath().getParent(), "part", "", only(file, "rw-------"));
    Files.writeString(part, secret + "\n");
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static boolean isPosix(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  /** {@return bytes in letters that may stand in a URL} */
  static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
