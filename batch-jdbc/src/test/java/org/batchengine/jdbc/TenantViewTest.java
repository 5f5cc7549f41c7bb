package org.batchengine.jdbc;

import org.junit.jupiter.api.Nested;

class TenantViewTest {
  @Nested
  class OnH2 extends TenantViewContract {
    @Override
    HostDatabase open() {
      return HostDatabase.onH2();
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
