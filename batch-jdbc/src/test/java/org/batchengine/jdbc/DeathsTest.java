package org.batchengine.jdbc;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * In the profile {@code faults} each death is died twice, and before reads as well, on PostgreSQL
 * too.
 */
@Tag("faults")
class DeathsTest {

  @Nested
  class OnH2 extends DeathsContract {
    @Override
    HostDatabase open() {
      return HostDatabase.onH2InMemory();
    }
  }

  @Nested
  @Tag("long")
  class OnPostgres extends DeathsContract {
    @Override
    HostDatabase open() {
      return HostDatabase.onPostgres();
    }
  }
}
