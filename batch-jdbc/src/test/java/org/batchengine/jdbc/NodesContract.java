package org.batchengine.jdbc;

import org.junit.jupiter.api.Nested;

/**
 * Several engines, with threads of their own, hold items of one batch while it is steered from all
 * of them at the same moment.
 */
abstract class NodesContract {
  abstract HostDatabase open();

  @Nested
  class Steered extends NodesSteeringContract {
    Steered() {
      super(NodesContract.this::open);
    }
  }

  @Nested
  class Processing extends NodesProcessingContract {
    Processing() {
      super(NodesContract.this::open);
    }
  }
}
