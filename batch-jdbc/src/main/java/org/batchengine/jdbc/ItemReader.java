package org.batchengine.jdbc;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchPage;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.rules.PageCursor;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/** Reads items and their errors. */
final class ItemReader {
  private final Transactions transactions;
  private final Dialect dialect;

  ItemReader(Database database) {
    transactions = database.transactions();
    dialect = database.dialect();
  }

  interface ErrorDao {

    @SqlQuery(
        """
        select attempt, type, message, fingerprint, stack, failed_at
        from batch_error
        where item_id = :item
          and exists (select 1 from batch_job where batch_no = :batch and id is not null)
        order by attempt
        """)
    List<ItemError> of(@Bind("batch") long batch, @Bind("item") long item);

    /** Of each failed item its last error; of each group the latest, and how many there are. */
    @SqlQuery(
        """
        select g.fingerprint, g.type, g.message, g.failed_at, g.in_group, g.in_all
        from (
          select e.fingerprint, e.type, e.message, e.failed_at,
            count(*) over (partition by e.fingerprint) as in_group,
            count(*) over () as in_all,
            row_number() over (partition by e.fingerprint order by e.failed_at desc, e.item_id) as place
          from batch_error e
          join batch_outcome o on o.item_id = e.item_id
          where e.item_id >= :first and e.item_id < :end and o.state = 'FAILED'
            and e.attempt = (select max(l.attempt) from batch_error l where l.item_id = e.item_id)
            and exists (select 1 from batch_job where batch_no = :batch and id is not null)) g
        where g.place = 1
        order by g.in_group desc, g.fingerprint
        fetch first :most rows only
        """)
    List<ErrorGroup> groups(
        @Bind("batch") long batch,
        @Bind("first") long first,
        @Bind("end") long end,
        @Bind("most") int most);
  }

  BatchPage<BatchItem<String, String>> page(BatchHeader batch, ItemQuery query) {
    OptionalInt first = PageCursor.firstIndex(query);
    if (first.isEmpty()) {
      return BatchPage.of(List.of(), null, query.toMap());
    }
    ItemSelect select = ItemSelect.of(batch, first.getAsInt(), query);
    List<BatchItem<String, String>> found =
        transactions.inReadTransaction(handle -> select.list(handle, dialect, query.limit() + 1));
    return PageCursor.page(found, query.limit(), BatchItem::index, query.toMap());
  }

  Optional<BatchItem<String, String>> find(BatchHeader batch, int index) {
    return index < 0 ? Optional.empty() : find(ItemSelect.at(batch, index));
  }

  Optional<BatchItem<String, String>> find(BatchHeader batch, String key) {
    return find(ItemSelect.withKey(batch, key));
  }

  private Optional<BatchItem<String, String>> find(ItemSelect select) {
    return transactions.inReadTransaction(handle -> select.list(handle, dialect, 1)).stream()
        .findFirst();
  }

  List<BatchItem<String, String>> settled(BatchHeader batch, int from, int limit) {
    ItemSelect select = ItemSelect.settled(batch, Math.max(0, from));
    return transactions.inReadTransaction(handle -> select.list(handle, dialect, limit));
  }

  List<ItemError> errors(BatchHeader batch, int index) {
    if (index < 0) {
      return List.of(); // its id would be that of an item of another batch
    }
    long item = ItemIds.of(batch.number(), index);
    return transactions.autoCommit(
        handle -> Daos.on(handle, ErrorDao.class).of(batch.number(), item));
  }

  List<ErrorGroup> errorGroups(BatchHeader batch, int most) {
    long first = ItemIds.first(batch.number());
    long end = ItemIds.end(batch.number());
    return transactions.autoCommit(
        handle -> Daos.on(handle, ErrorDao.class).groups(batch.number(), first, end, most));
  }
}
