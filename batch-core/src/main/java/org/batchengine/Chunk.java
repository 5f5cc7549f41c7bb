package org.batchengine;

import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.batchengine.model.BatchId;

/**
 * Items of one batch that a {@link BatchProcessor} is given in one call: at least one, at most
 * {@link JobOptions#chunkSize}, in index order. Valid during the call; safe for many threads, so a
 * processor may spread its items over threads of its own and wait for them.
 *
 * <p>Implemented by the engine. Methods may be added; later ones get a default body.
 */
public interface Chunk<I, O> extends Iterable<ChunkItem<I, O>> {

  /** {@return the batch that the items belong to} */
  BatchId batchId();

  /** {@return the batch's tenant, {@code "default"} when none was given} */
  String tenant();

  /**
   * {@return the batch's metadata, decoded by the engine's codecs}
   *
   * @throws org.batchengine.model.PayloadException if it cannot be read as {@code type}, or no
   *     codec of the engine reads JSON
   */
  <T> T metadata(Class<T> type);

  /** {@return whether to leave soon: the batch is being stopped, time is up, the engine closes} */
  boolean isCancelled();

  /** {@return the items, unmodifiable} */
  List<ChunkItem<I, O>> items();

  /** {@return the items' inputs, in the same order} */
  default List<I> inputs() {
    return items().stream().map(ChunkItem::input).toList();
  }

  /** {@return the item with this key, to find what an answer of a bulk API belongs to} */
  Optional<ChunkItem<I, O>> item(String key);

  @Override
  default Iterator<ChunkItem<I, O>> iterator() {
    return items().iterator();
  }
}
