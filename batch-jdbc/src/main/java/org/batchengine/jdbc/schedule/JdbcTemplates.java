package org.batchengine.jdbc.schedule;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.Conditions;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.JobRows;
import org.batchengine.model.BatchId;
import org.batchengine.model.StoreException;
import org.batchengine.schedule.BatchTemplate;
import org.batchengine.store.Actor;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Predecessors;
import org.batchengine.store.Rehearsal;
import org.batchengine.store.Template;
import org.batchengine.store.TemplateStore;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Keeps templates of batches. A change puts a new row in the place of the old one. */
public final class JdbcTemplates implements TemplateStore {
  private static final BatchId NO_ID = BatchId.of(new UUID(0, 0));
  private static final String NO_NODE = "";

  private static final String INSERT =
      """
      insert into batch_template
        (tenant, name, type, title, description, submitted_by, priority, metadata, retry_policy,
         timeout_micros, chunk_size, input_format, output_format, sequential, rehearse,
         rehearse_random, tolerated_failures, tolerated_rate, deadline_micros, budget_place, budget_most,
         call_limit, measures, notify, changed_at)
      values (:tenant, :name, :type, :title, :description, :submittedBy, :priority, :metadata,
        :retryPolicy, :timeout, :chunkSize, :inputFormat, :outputFormat, :sequential,
        :rehearse, :rehearseRandom, :toleratedFailures, :toleratedRate, :deadline, :budgetPlace, :budgetMost,
        :limit, :measures, :notified, <now>)
      """;

  private static final String SEEN =
      """
      select t.name, t.tenant, t.type, t.title, t.description, t.submitted_by, t.priority,
        t.metadata, t.changed_at,
        (select count(*) from batch_template_item i where i.template_no = t.template_no) as items
      from batch_template t
      """;

  /** A row for each item, so that one statement has all; one without an index if there is none. */
  private static final String WHOLE =
      """
      select t.*, i.item_index, i.item_key, i.input from batch_template t
      left join batch_template_item i on i.template_no = t.template_no
      where t.tenant = :tenant and t.name = :name order by i.item_index
      """;

  private final Transactions transactions;

  /** On an open database. */
  public JdbcTemplates(Database database) {
    transactions = database.transactions();
  }

  private static TemplateDao dao(Handle handle) {
    return SqlObjects.on(handle, TemplateDao.class);
  }

  @Override
  public void put(Template template, Actor by) {
    NameInTenant name = new NameInTenant(template.batch().tenant(), template.name());
    try {
      transactions.useTransaction(handle -> put(handle, name, template, by));
    } catch (StoreException e) {
      if (!SqlFaults.isDuplicateKey(e)) {
        throw e;
      }
      // Somebody else has stored the first of this name meanwhile.
      transactions.useTransaction(handle -> put(handle, name, template, by));
    }
  }

  private static void put(Handle handle, NameInTenant name, Template template, Actor by) {
    delete(handle, name);
    NewBatch batch = template.batch();
    Rehearsal rehearsal = batch.rehearsal();
    long number =
        handle
            .createUpdate(INSERT)
            .bind("tenant", batch.tenant())
            .bind("name", template.name())
            .bind("type", batch.type())
            .bind("title", batch.name())
            .bind("description", batch.description())
            .bind("submittedBy", batch.submittedBy())
            .bind("priority", batch.priority())
            .bind("metadata", batch.metadata())
            .bind("retryPolicy", batch.retryPolicy())
            .bind("timeout", batch.timeout() == null ? null : Columns.micros(batch.timeout()))
            .bind("chunkSize", batch.chunkSize())
            .bind("inputFormat", batch.inputFormat())
            .bind("outputFormat", batch.outputFormat())
            .bind("sequential", batch.sequential())
            .bind("rehearse", rehearsal == null ? null : rehearsal.items())
            .bind("rehearseRandom", rehearsal != null && rehearsal.atRandom())
            .bind("toleratedFailures", batch.toleratedFailures())
            .bind("toleratedRate", batch.toleratedRate())
            .bind("deadline", batch.deadline() == null ? null : Columns.micros(batch.deadline()))
            .bind("budgetPlace", JobRows.budgetPlace(batch.budget(), batch.measures()))
            .bind("budgetMost", batch.budget() == null ? null : batch.budget().most())
            .bind("limit", JobRows.limitText(batch.limit()))
            .bind("measures", batch.measures())
            .bind("notified", batch.notified())
            .executeAndReturnGeneratedKeys("template_no")
            .mapTo(Long.class)
            .one();
    List<NewItem> items = template.items();
    if (!items.isEmpty()) {
      List<@Nullable String> keys = new ArrayList<>();
      List<@Nullable String> inputs = new ArrayList<>();
      for (NewItem item : items) {
        keys.add(item.key());
        inputs.add(item.input());
      }
      List<Integer> indexes = IntStream.range(0, items.size()).boxed().toList();
      dao(handle).insertItems(number, indexes, keys, inputs);
    }
    SqlObjects.on(handle, EventDao.class).insertOf(name, EventKind.TEMPLATE_PUT, by, null);
  }

  private static boolean delete(Handle handle, NameInTenant name) {
    Optional<Long> number = dao(handle).lock(name);
    number.ifPresent(dao(handle)::delete);
    number.ifPresent(dao(handle)::deleteItems);
    return number.isPresent();
  }

  @Override
  public boolean remove(NameInTenant name, Actor by) {
    return transactions.inTransaction(
        handle -> {
          boolean isThere = delete(handle, name);
          if (isThere) {
            SqlObjects.on(handle, EventDao.class)
                .insertOf(name, EventKind.TEMPLATE_REMOVED, by, null);
          }
          return isThere;
        });
  }

  @Override
  public Optional<Template> get(NameInTenant name) {
    List<Row> rows =
        transactions.autoCommit(
            handle ->
                handle
                    .createQuery(WHOLE)
                    .bind("tenant", name.tenant())
                    .bind("name", name.name())
                    .map((row, context) -> Row.of(row))
                    .list());
    return rows.stream()
        .findFirst()
        .map(
            first ->
                new Template(
                    name.name(),
                    first.batch,
                    rows.stream().filter(Row::hasItem).map(Row::item).toList()));
  }

  private record Row(NewBatch batch, boolean hasItem, NewItem item) {
    static Row of(ResultSet row) throws SQLException {
      NewBatch batch =
          new NewBatch(
              NO_ID,
              row.getString("type"),
              row.getString("tenant"),
              row.getString("submitted_by"),
              row.getString("title"),
              row.getString("description"),
              null,
              row.getInt("priority"),
              row.getString("metadata"),
              null,
              row.getString("retry_policy"),
              Columns.microsOrNull(row, "timeout_micros"),
              row.getObject("chunk_size", Integer.class),
              row.getString("input_format"),
              row.getString("output_format"),
              row.getBoolean("sequential"),
              rehearsal(row),
              row.getObject("tolerated_failures", Long.class),
              row.getObject("tolerated_rate", Double.class),
              Columns.microsOrNull(row, "deadline_micros"),
              JobRows.budget(row),
              JobRows.limit(row),
              row.getString("measures"),
              row.getString("notify"),
              null,
              Predecessors.NONE,
              new Actor(null, NO_NODE));
      boolean hasItem = row.getObject("item_index", Integer.class) != null;
      return new Row(
          batch, hasItem, new NewItem(row.getString("item_key"), row.getString("input")));
    }
  }

  private static @Nullable Rehearsal rehearsal(ResultSet row) throws SQLException {
    Integer items = row.getObject("rehearse", Integer.class);
    return items == null ? null : new Rehearsal(items, row.getBoolean("rehearse_random"));
  }

  @Override
  public Optional<BatchTemplate> find(NameInTenant name) {
    return seen(
            new Conditions()
                .and("t.tenant = :tenant", "tenant", name.tenant())
                .and("t.name = :name", "name", name.name()))
        .stream()
        .findFirst();
  }

  @Override
  public List<BatchTemplate> list(@Nullable String tenant) {
    return seen(
        tenant == null
            ? new Conditions().and("true")
            : new Conditions().and("t.tenant = :tenant", "tenant", tenant));
  }

  private List<BatchTemplate> seen(Conditions conditions) {
    String sql = SEEN + conditions.sql() + "order by t.tenant, t.name";
    return transactions.autoCommit(
        handle ->
            conditions.bindTo(handle.createQuery(sql)).map((row, context) -> template(row)).list());
  }

  private static BatchTemplate template(ResultSet row) throws SQLException {
    return new BatchTemplate(
        row.getString("name"),
        row.getString("tenant"),
        row.getString("type"),
        Optional.ofNullable(row.getString("title")),
        Optional.ofNullable(row.getString("description")),
        Optional.ofNullable(row.getString("submitted_by")),
        row.getInt("priority"),
        row.getString("metadata"),
        row.getInt("items"),
        Columns.instant(row, "changed_at"));
  }
}
