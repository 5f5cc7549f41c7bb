package org.batchengine;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchJob;

/**
 * Submits a batch of one item for each job type that is to be told of the end of a batch. Its key
 * names the type, the batch and the run, so whoever reads ends may tell of one as often as it
 * likes.
 */
final class EndDelivery {
  private final Batches batches;
  private final Set<String> told;

  /**
   * Nobody has been told yet.
   *
   * @param batches of all tenants
   * @param known all types that may be told: of their own ends nobody is, or it would never stop
   */
  EndDelivery(Batches batches, Collection<? extends JobType<BatchEnd, ?>> known) {
    this.batches = batches;
    told = known.stream().map(JobType::name).collect(Collectors.toUnmodifiableSet());
  }

  /** Tells these types of the end of a batch, as a batch of the same tenant. */
  void deliver(BatchJob ended, Collection<? extends JobType<BatchEnd, ?>> types) {
    if (told.contains(ended.type())) {
      return;
    }
    BatchEnd end = BatchEnd.of(ended);
    for (JobType<BatchEnd, ?> type : types) {
      batches.submit(
          BatchRequest.of(type, List.of(end))
              .idempotencyKey("notify/%s/%s/%d".formatted(type.name(), end.batch(), end.run()))
              .tenant(ended.tenant())
              .name("End of " + ended.id()));
    }
  }
}
