package org.batchengine.jdbc;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.batchengine.jdbc.database.BlockingFile;

/** Files of H2, which stay open when they are given back: to open and to close one takes long. */
final class H2Files {
  private static final AtomicInteger databases = new AtomicInteger();
  private static final Queue<String> givenBack = new ConcurrentLinkedQueue<>();

  static {
    BlockingFile.register();
  }

  private H2Files() {}

  private static final class Folder {
    static final Path MADE = make();

    private static Path make() {
      try {
        Path made = Files.createTempDirectory("h2");
        made.toFile().deleteOnExit();
        return made;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** URL of a database of this name in the folder, which loses nothing when it is killed. */
  static String url(Path folder, String name) {
    return "jdbc:h2:blocking:%s;USER=sa;WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE"
        .formatted(folder.resolve(name));
  }

  /** The URL of a file as the store opens it; by another one, the file would be in use. */
  static String asOpened(String url) {
    return url.replace("jdbc:h2:", "jdbc:h2:blocking:");
  }

  /** URL of a database with the tables of a store and no row in them: fresh, or given back. */
  static String emptyDatabase() {
    String url = givenBack.poll();
    return url == null ? freshDatabase() : url;
  }

  private static String freshDatabase() {
    String name = "test-" + databases.incrementAndGet();
    for (String extension : new String[] {".mv.db", ".trace.db"}) {
      new File(Folder.MADE.toFile(), name + extension).deleteOnExit();
    }
    String url = url(Folder.MADE, name) + ";DB_CLOSE_DELAY=-1";
    JdbcUnderTest.on(url).close();
    return url;
  }

  /** Makes the database empty again. */
  static void giveBack(String url) {
    TestJdbi.of(url).useHandle(PostgresServer::empty);
    givenBack.add(url);
  }
}
