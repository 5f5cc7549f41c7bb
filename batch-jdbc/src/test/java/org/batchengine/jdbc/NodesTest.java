package org.batchengine.jdbc;

import org.junit.jupiter.api.Nested;

class NodesTest {
  /** Engines of one process on one file: another process could not open it. */
  @Nested
  class OnH2 extends NodesContract {
    @Override
    HostDatabase open() {
      return HostDatabase.onH2();
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
