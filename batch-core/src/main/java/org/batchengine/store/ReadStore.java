package org.batchengine.store;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.InputVersion;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.Reason;
import org.jspecify.annotations.Nullable;

/** Reads batches and items; changes nothing. Every rule of {@link BatchStore} holds. */
public interface ReadStore {

  /** The batch and its counts, in one snapshot. If a tenant is given, only that tenant's batch. */
  Optional<BatchJob> find(BatchId id, @Nullable String tenant);

  /** The batches that exist, each with its counts in one snapshot. */
  List<BatchJob> find(Collection<BatchId> ids);

  /** The batch that was submitted with this key, in any state. */
  Optional<BatchJob> findByKey(String tenant, String idempotencyKey);

  /** The batch's header. If a tenant is given, only that tenant's batch. */
  Optional<BatchHeader> header(BatchId id, @Nullable String tenant);

  /** The state of each batch that exists. */
  Map<BatchId, BatchState> states(Collection<BatchId> ids);

  /**
   * Of each batch that exists and has any: the job types that are told of its end, as {@link
   * NotifiedType#toText}.
   */
  Map<BatchId, String> notified(Collection<BatchId> ids);

  /** Batches, newest first. */
  BatchPage<BatchJob> history(HistoryQuery query);

  /** Items of a batch as stored text, by index. */
  BatchPage<BatchItem<String, String>> items(BatchHeader batch, ItemQuery query);

  /** One item by its index. */
  Optional<BatchItem<String, String>> item(BatchHeader batch, int index);

  /** One item by its key. */
  Optional<BatchItem<String, String>> item(BatchHeader batch, String key);

  /** Up to {@code limit} settled items from index {@code from} on, by index. */
  List<BatchItem<String, String>> settled(BatchHeader batch, int from, int limit);

  /** The failed attempts of an item, oldest first. */
  List<ItemError> errors(BatchHeader batch, int index);

  /** The inputs of an item, the one that it was submitted with first; empty if there is none. */
  List<InputVersion> inputs(BatchHeader batch, int index);

  /** The last errors of FAILED items, by fingerprint: up to {@code most}, most frequent first. */
  List<ErrorGroup> errorGroups(BatchHeader batch, int most);

  /** Why the batch is not done, in one snapshot; empty if it has ended. */
  List<Reason> explain(BatchHeader batch);

  /**
   * Items in any state from index {@code from} on, by index: at least one if there is one, up to
   * {@code most}, and no more than have about {@code mostBytes} of payloads.
   */
  List<BatchItem<String, String>> page(BatchHeader batch, int from, int most, long mostBytes);
}
