package org.batchengine.jdbc;

import org.junit.jupiter.api.Nested;

/** What {@link org.batchengine.store.BatchStore} promises, part by part, of one kind of store. */
abstract class BatchStoreContract {

  /** A fresh and open store. */
  abstract StoreUnderTest open();

  @Nested
  class Budgeting extends BudgetContract {
    Budgeting() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class LimitsOfBatches extends BatchLimitContract {
    LimitsOfBatches() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Changing extends ChangeContract {
    Changing() {
      super(BatchStoreContract.this::open);
    }
  }

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
  class SubmittingPages extends SubmitPagesContract {
    SubmittingPages() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class ClaimingChunks extends ClaimChunksContract {
    ClaimingChunks() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class ClaimingRetries extends ClaimRetriesContract {
    ClaimingRetries() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class ClaimedWork extends ClaimedWorkContract {
    ClaimedWork() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Feed extends FeedContract {
    Feed() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Scheduling extends ScheduleContract {
    Scheduling() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Limits extends LimitRowsContract {
    Limits() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Asks extends LimitAskContract {
    Asks() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Breakers extends BreakerContract {
    Breakers() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class LimitedSubmits extends SubmitLimitsContract {
    LimitedSubmits() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class SettlingItems extends SettleItemsContract {
    SettlingItems() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class SettlingOnce extends SettleOnceContract {
    SettlingOnce() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class SettlingFromOutside extends DeferContract {
    SettlingFromOutside() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Progressing extends ProgressContract {
    Progressing() {
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
  class Finding extends FindContract {
    Finding() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Listing extends HistoryContract {
    Listing() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class ReadingItems extends ReadItemsContract {
    ReadingItems() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class ReadingErrors extends ReadErrorsContract {
    ReadingErrors() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Explaining extends ExplainContract {
    Explaining() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Hiding extends HideContract {
    Hiding() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class PurgingPayloads extends PurgeContract {
    PurgingPayloads() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Cancelling extends CancelContract {
    Cancelling() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class CancellingUnowned extends CancelUnownedContract {
    CancellingUnowned() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Pausing extends PauseContract {
    Pausing() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Waiting extends WaitContract {
    Waiting() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Rehearsing extends RehearsalContract {
    Rehearsing() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class FillingFromOthers extends FillContract {
    FillingFromOthers() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class GivingUp extends GiveUpContract {
    GivingUp() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class GivingBack extends GiveBackContract {
    GivingBack() {
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
  class CorrectingInputs extends CorrectContract {
    CorrectingInputs() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Repairing extends RepairContract {
    Repairing() {
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
  class LongRun extends LongRunContract {
    LongRun() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Ending extends EndContract {
    Ending() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Reporting extends ReportContract {
    Reporting() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Exporting extends ExportContract {
    Exporting() {
      super(BatchStoreContract.this::open);
    }
  }

  @Nested
  class Comparing extends CompareContract {
    Comparing() {
      super(BatchStoreContract.this::open);
    }
  }
}
