package org.batchengine.jdbc;

import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

class TenantViewTest {
  @TempDir Path folder;

  @Nested
  class OnH2 extends TenantViewContract {
    @Override
    HostDatabase open() {
      return HostDatabase.onH2(folder);
    }
  }

  @Nested
  class OnPostgres extends TenantViewContract {
    @Override
    HostDatabase open() {
      return HostDatabase.onPostgres();
    }
  }
}
