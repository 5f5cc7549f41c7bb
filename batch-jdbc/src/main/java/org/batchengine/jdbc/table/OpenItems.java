package org.batchengine.jdbc.table;

/** How the open items of a chunk are counted. */
public final class OpenItems {
  /** Of the chunk {@code c}: counted by its range, so that nothing else is read. */
  public static final String OF_CHUNK =
      """
      to_index - from_index
        - (select count(*) from batch_outcome o
           where o.item_id >= c.batch_no * 2147483648 + c.from_index
             and o.item_id < c.batch_no * 2147483648 + c.to_index)
        - (select count(*) from batch_parked p
           where p.item_id >= c.batch_no * 2147483648 + c.from_index
             and p.item_id < c.batch_no * 2147483648 + c.to_index)
      """;

  private OpenItems() {}
}
