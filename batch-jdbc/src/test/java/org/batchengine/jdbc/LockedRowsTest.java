package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One locked row, or a locked table, stops only what needs it, on whichever node. */
class LockedRowsTest {

  /** Engines of one process on one file: another process could not open it. */
  @Nested
  @Tag("H2")
  class OnH2 extends LockedNodesContract {
    OnH2() {
      super(HostDatabase::onH2);
    }
  }

  @Nested
  @Tag("PostgreSQL")
  class OnPostgres extends LockedNodesContract {
    OnPostgres() {
      super(HostDatabase::onPostgres);
    }

    @Test
    @DisplayName("FAULT-L2 a table that is locked for three expiries costs no session")
    void aTable() {
      submitUnrelated();
      List<Long> sessions = sessions();
      stranger("lock table batch_chunk in access exclusive mode");
      hold();

      assertThat(sessions()).isEqualTo(sessions);
      assertThat(lockedRows()).anyMatch(row -> row.contains("a whole table"));
      letGo();
      Settled free = settled();
      await().atMost(Duration.ofSeconds(10)).until(() -> settled().allAreBeyond(free));
    }
  }
}
