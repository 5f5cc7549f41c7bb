package org.batchengine.memory;

import java.util.List;
import java.util.Optional;
import org.batchengine.feed.EventKind;
import org.batchengine.memory.ScheduleRows.TemplateRow;
import org.batchengine.schedule.BatchTemplate;
import org.batchengine.store.Actor;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.NewBatch;
import org.batchengine.store.Template;
import org.batchengine.store.TemplateStore;
import org.jspecify.annotations.Nullable;

/** Keeps templates of batches. */
final class MemoryTemplates implements TemplateStore {
  private final MemoryTransactions transactions;

  MemoryTemplates(MemoryTransactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public void put(Template template, Actor by) {
    NameInTenant name = new NameInTenant(template.batch().tenant(), template.name());
    transactions.useTransaction(
        tables -> {
          tables.schedules.templates.put(name, new TemplateRow(template, tables.now()));
          tables.events.add(name, EventKind.TEMPLATE_PUT, by, null, tables.now());
        });
  }

  @Override
  public Optional<Template> get(NameInTenant name) {
    return row(name).map(TemplateRow::template);
  }

  @Override
  public Optional<BatchTemplate> find(NameInTenant name) {
    return row(name).map(MemoryTemplates::seen);
  }

  private Optional<TemplateRow> row(NameInTenant name) {
    return transactions.inTransaction(
        tables -> Optional.ofNullable(tables.schedules.templates.get(name)));
  }

  private static BatchTemplate seen(TemplateRow row) {
    NewBatch batch = row.template().batch();
    return new BatchTemplate(
        row.template().name(),
        batch.tenant(),
        batch.type(),
        Optional.ofNullable(batch.name()),
        Optional.ofNullable(batch.description()),
        Optional.ofNullable(batch.submittedBy()),
        batch.priority(),
        batch.metadata(),
        row.template().items().size(),
        row.changedAt());
  }

  @Override
  public List<BatchTemplate> list(@Nullable String tenant) {
    return transactions.inTransaction(
        tables ->
            tables.schedules.templates.values().stream()
                .map(MemoryTemplates::seen)
                .filter(template -> tenant == null || tenant.equals(template.tenant()))
                .toList());
  }

  @Override
  public boolean remove(NameInTenant name, Actor by) {
    return transactions.inTransaction(
        tables -> {
          boolean isThere = tables.schedules.templates.remove(name) != null;
          if (isThere) {
            tables.events.add(name, EventKind.TEMPLATE_REMOVED, by, null, tables.now());
          }
          return isThere;
        });
  }
}
