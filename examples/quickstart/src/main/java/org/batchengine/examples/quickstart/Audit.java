package org.batchengine.examples.quickstart;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.batchengine.ItemContext;

/** The items of an audit, and what is done with each of them. The service runs it too. */
public final class Audit {
  private Audit() {}

  /**
   * Finds the jars and poms below a folder, lazily and ordered by name. Links are never followed.
   *
   * @param warnings receives a message for each link, and for each directory that cannot be read
   * @return paths relative to the folder
   */
  public static Stream<String> files(Path folder, Consumer<String> warnings) {
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(
            new ArtifactFiles(folder, warnings), Spliterator.ORDERED),
        false);
  }

  /**
   * Audits one file. An exception is retried; what {@code giveUp} says is not.
   *
   * @param path relative to the folder
   * @throws IOException if it cannot be read now
   */
  public static Findings audit(Path folder, String path, ItemContext context) throws IOException {
    try {
      return ArtifactAudit.audit(folder.resolve(path));
    } catch (BadFileException e) {
      return context.giveUp(e.code().name(), e.getMessage());
    } catch (NoSuchFileException e) {
      return context.giveUp("VANISHED", "\"" + path + "\" no longer exists");
    } catch (AccessDeniedException e) {
      return context.giveUp("UNREADABLE", "\"" + path + "\" cannot be read: permission denied");
    }
  }
}
