package org.batchengine.store;

import java.util.List;

/**
 * A batch as it is to be submitted again and again.
 *
 * @param name its name among the templates of the batch's tenant
 * @param batch what is kept of it; its id, key, start and submitter mean nothing
 */
public record Template(String name, NewBatch batch, List<NewItem> items) {

  /** Copies the items. */
  public Template {
    items = List.copyOf(items);
  }
}
