package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.batchengine.schedule.BatchTemplate;
import org.batchengine.store.Actor;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.NewBatch;
import org.batchengine.store.Template;
import org.batchengine.store.TemplateStore;
import org.jspecify.annotations.Nullable;

/**
 * The templates that a view sees.
 *
 * @param tenant the only tenant whose templates are seen; null: all tenants
 */
record EngineTemplates(
    TemplateStore store, RequestSubmitter submitter, @Nullable String tenant, Actor by)
    implements BatchTemplates {
  private static final int MOST_ITEMS = 1_000;

  @Override
  public BatchTemplate put(String name, BatchRequest<?> request) {
    NameInTenant own = named(name);
    requireNonNull(request, "request");
    request.namedTenant().ifPresent(named -> Arguments.ownTenant(named, tenant));
    refuse("id", request.id());
    refuse("idempotencyKey", request.idempotencyKey());
    refuse("startAt", request.startAt());
    refuse("after", request.predecessors().all().stream().findFirst());
    BatchRequest<?> owned = by.user() == null ? request : request.actingAs(by.user());
    BatchRequest<?> ofTenant = tenant == null ? owned : owned.tenant(tenant);
    Template template = submitter.template(name, ofTenant, MOST_ITEMS);
    store.put(template, by);
    return store
        .find(new NameInTenant(template.batch().tenant(), own.name()))
        .orElseThrow(() -> unknown(name));
  }

  private static void refuse(String what, Optional<?> value) {
    value.ifPresent(
        given -> {
          throw new IllegalArgumentException(
              "%s %s can be of one batch only: leave it out of a template".formatted(what, given));
        });
  }

  @Override
  public <I> BatchRequest<I> request(String name, JobType<I, ?> type, Iterable<? extends I> items) {
    return BatchRequest.<I>of(type, items).tenant(named(name).tenant()).like(kept(name, type));
  }

  @Override
  public <I> BatchRequest<I> request(String name, JobType<I, ?> type, Stream<? extends I> items) {
    return BatchRequest.<I>of(type, items).tenant(named(name).tenant()).like(kept(name, type));
  }

  private NewBatch kept(String name, JobType<?, ?> type) {
    NewBatch kept = store.get(named(name)).orElseThrow(() -> unknown(name)).batch();
    if (!kept.type().equals(type.name())) {
      throw new IllegalArgumentException(
          "template \"%s\" is of job type \"%s\", not \"%s\""
              .formatted(name, kept.type(), type.name()));
    }
    return kept;
  }

  @Override
  public Optional<BatchTemplate> find(String name) {
    return store.find(named(name));
  }

  @Override
  public List<BatchTemplate> list() {
    return store.list(tenant);
  }

  @Override
  public boolean remove(String name) {
    return store.remove(named(name), by);
  }

  private NameInTenant named(String name) {
    Arguments.text("name", name, 100);
    return new NameInTenant(tenant == null ? BatchRequest.DEFAULT_TENANT : tenant, name);
  }

  private IllegalArgumentException unknown(String name) {
    return new IllegalArgumentException(
        "name: tenant \"%s\" has no template \"%s\": put it first, or ask for the view of its tenant"
            .formatted(named(name).tenant(), name));
  }
}
