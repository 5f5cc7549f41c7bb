package org.batchengine;

import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.batchengine.model.BatchId;

/**
 * The items of one batch that a {@link BatchProcessor} or a {@link BulkTransactionalProcessor} gets
 * in one call: 1 to {@link JobOptions#chunkSize}, or the batch's own {@link
 * BatchRequest#chunkSize}, in index order. Valid only during the call. Thread-safe, so a processor
 * may hand items to its own threads and wait for them.
 *
 * <p>Implemented by the engine. Later versions may add methods, with default bodies.
 */
public interface Chunk<I, O> extends Iterable<ChunkItem<I, O>> {

  /** {@return the batch that the items belong to} */
  BatchId batchId();

  /** {@return the name of the job type} */
  String type();

  /** {@return the batch's tenant; {@code "default"} if none was set} */
  String tenant();

  /** {@return the user who submitted the batch} */
  Optional<String> submittedBy();

  /** {@return the batch's metadata, a JSON object as text; {@code "{}"} if none was set} */
  String metadata();

  /**
   * {@return the batch's metadata, decoded by the engine's codecs}
   *
   * @throws org.batchengine.model.PayloadException if it cannot be read as {@code type}, or none of
   *     the engine's codecs reads JSON
   */
  <T> T metadata(Class<T> type);

  /**
   * {@return whether to return soon: the batch is stopping, the timeout has passed, or the engine
   * is closing}
   */
  boolean isCancelled();

  /** {@return the items, unmodifiable} */
  List<ChunkItem<I, O>> items();

  /** {@return the inputs, in the same order} */
  default List<I> inputs() {
    return items().stream().map(ChunkItem::input).toList();
  }

  /** {@return the item with this key, for matching a bulk API's answers to items} */
  Optional<ChunkItem<I, O>> item(String key);

  @Override
  default Iterator<ChunkItem<I, O>> iterator() {
    return items().iterator();
  }
}
