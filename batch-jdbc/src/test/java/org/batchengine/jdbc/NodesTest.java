package org.batchengine.jdbc;

import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

class NodesTest {
  @TempDir Path folder;

  /** Engines of one process on one file: another process could not open it. */
  @Nested
  class OnH2 extends NodesContract {
    @Override
    HostDatabase open() {
      return HostDatabase.onH2(folder);
    }
  }

  @Nested
  class OnPostgres extends NodesContract {
    @Override
    HostDatabase open() {
      return HostDatabase.onPostgres();
    }
  }
}
