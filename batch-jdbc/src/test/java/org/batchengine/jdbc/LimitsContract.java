package org.batchengine.jdbc;

import org.junit.jupiter.api.Nested;

/**
 * What is kept of each text and number that a host can give, and what is refused: through the
 * engine, and the same on every store.
 */
abstract class LimitsContract {
  abstract LimitedStore open();

  @Nested
  class HostTexts extends HostTextsContract {
    HostTexts() {
      super(LimitsContract.this::open);
    }
  }

  @Nested
  class Payloads extends PayloadLimitsContract {
    Payloads() {
      super(LimitsContract.this::open);
    }
  }

  @Nested
  class EngineTexts extends EngineTextsContract {
    EngineTexts() {
      super(LimitsContract.this::open);
    }
  }

  @Nested
  class Questions extends QuestionLimitsContract {
    Questions() {
      super(LimitsContract.this::open);
    }
  }
}
