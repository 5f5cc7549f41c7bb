package org.batchengine.examples.quickstart;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Walks the jars and poms below a folder, as paths relative to it, ordered by name. It keeps only
 * one directory listing per level in memory, so a repository may have any size.
 */
final class ArtifactFiles implements Iterator<String> {
  private final Path folder;
  private final Consumer<String> warnings;
  private final Deque<Iterator<Path>> levels = new ArrayDeque<>();
  private @Nullable String next;

  /**
   * Starts at a folder.
   *
   * @param warnings receives a message for each directory that cannot be read, and for each link;
   *     links are never followed
   */
  ArtifactFiles(Path folder, Consumer<String> warnings) {
    this.folder = folder;
    this.warnings = warnings;
    levels.push(children(folder));
  }

  @Override
  public boolean hasNext() {
    advance();
    return next != null;
  }

  @Override
  public String next() {
    advance();
    String found = next;
    if (found == null) {
      throw new NoSuchElementException();
    }
    next = null;
    return found;
  }

  private void advance() {
    while (next == null && !levels.isEmpty()) {
      if (levels.element().hasNext()) {
        visit(levels.element().next());
      } else {
        levels.remove();
      }
    }
  }

  private void visit(Path path) {
    if (Files.isSymbolicLink(path)) {
      warnings.accept("Skipped the link " + path);
    } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      levels.push(children(path));
    } else if (ArtifactAudit.isArtifact(path) && Files.isRegularFile(path)) {
      next = folder.relativize(path).toString();
    }
  }

  private Iterator<Path> children(Path directory) {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      entries.forEach(children::add);
    } catch (IOException | DirectoryIteratorException e) {
      warnings.accept("Could not read the directory " + directory + " (" + e + ")");
    }
    Collections.sort(children);
    return children.iterator();
  }
}
