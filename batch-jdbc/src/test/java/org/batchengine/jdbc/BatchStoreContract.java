package org.batchengine.jdbc;

import org.junit.jupiter.api.Nested;

/** What {@link org.batchengine.store.BatchStore} promises, part by part, of one kind of store. */
abstract class BatchStoreContract {

  /** A fresh and open store. */
  abstract StoreUnderTest open();

  @Nested
  class Sessions extends SessionContract {
    Sessions() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Reaping extends ReapContract {
    Reaping() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Submitting extends SubmitContract {
    Submitting() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Claiming extends ClaimContract {
    Claiming() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Settling extends SettleContract {
    Settling() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Completing extends CompletionContract {
    Completing() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Reading extends ReadContract {
    Reading() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Steering extends SteeringContract {
    Steering() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Reopening extends ReopenContract {
    Reopening() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Sequential extends SequentialContract {
    Sequential() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Tenants extends TenantContract {
    Tenants() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Life extends LifeContract {
    Life() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Ending extends EndContract {
    Ending() {
      super(BatchStoreContract.this::open);
    }
  }
}
