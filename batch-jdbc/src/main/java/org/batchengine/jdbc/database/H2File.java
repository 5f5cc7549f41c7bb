package org.batchengine.jdbc.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The file of a database of H2 that is open. An operating system may let others delete it: H2 goes
 * on writing to what nobody finds again.
 */
final class H2File {
  private final Path path;

  /** What the file system tells it by; null if it tells files by their names only. */
  private final @Nullable Object key;

  private H2File(Path path, @Nullable Object key) {
    this.path = path;
    this.key = key;
  }

  /** That of the database at the path; empty if it is not a file of its own. */
  static Optional<H2File> of(Path database) {
    Path path = database.resolveSibling(database.getFileName() + ".mv.db");
    try {
      return Optional.of(new H2File(path, key(path)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static @Nullable Object key(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  /** What has become of it; empty if it is there. */
  Optional<String> trouble() {
    try {
      return Objects.equals(key(path), key)
          ? Optional.empty()
          : Optional.of(
              "the H2 file %s is another one than was opened: what is stored goes to the old one, and is lost when the process ends"
                  .formatted(path));
    } catch (NoSuchFileException e) {
      return Optional.of(
          "the H2 file %s is gone: what is stored is lost when the process ends".formatted(path));
    } catch (IOException e) {
      return Optional.of("the H2 file %s cannot be looked at: %s".formatted(path, e));
    }
  }
}
