package org.batchengine.jdbc;

import org.junit.jupiter.api.Nested;

/**
 * What a processor writes in the transaction that it is given, and the outcomes of its items, agree
 * whatever happens: exactly once, or not at all.
 */
abstract class TransactionalContract {
  abstract HostDatabase open();

  /** A statement that runs until it is cancelled. */
  abstract String endless();

  @Nested
  class Outcomes extends TransactionOutcomesContract {
    Outcomes() {
      super(TransactionalContract.this::open);
    }
  }

  @Nested
  class InBulk extends BulkTransactionContract {
    InBulk() {
      super(TransactionalContract.this::open, endless());
    }
  }

  @Nested
  class Guarded extends TransactionGuardContract {
    Guarded() {
      super(TransactionalContract.this::open);
    }
  }

  @Nested
  class Timeouts extends TransactionTimeoutContract {
    Timeouts() {
      super(TransactionalContract.this::open, endless());
    }
  }

  @Nested
  class Commits extends TransactionCommitContract {
    Commits() {
      super(TransactionalContract.this::open);
    }
  }
}
