package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.batchengine.model.BatchPage;
import org.batchengine.schedule.Fire;
import org.batchengine.schedule.FireQuery;
import org.batchengine.schedule.Schedule;
import org.batchengine.schedule.ScheduleStatus;
import org.batchengine.store.Actor;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.ScheduleStore;
import org.jspecify.annotations.Nullable;

/**
 * The schedules that a view sees.
 *
 * @param tenant the only tenant whose schedules are seen; null: all tenants
 */
record EngineSchedules(ScheduleStore store, @Nullable String tenant, Actor by)
    implements BatchSchedules {

  @Override
  public ScheduleStatus put(Schedule schedule) {
    schedule.tenant().ifPresent(named -> Arguments.ownTenant(named, tenant));
    Schedule own =
        schedule.tenant(
            schedule.tenant().orElse(tenant == null ? BatchRequest.DEFAULT_TENANT : tenant));
    put(store, own, null, by);
    return store
        .find(new NameInTenant(own.tenant().orElseThrow(), own.name()))
        .orElseThrow(() -> unknown(own.name()));
  }

  /**
   * Stores a schedule that begins at now; one with the same interval goes on from where it began.
   *
   * @param definedAs what code says of it; null: no code
   */
  static boolean put(ScheduleStore store, Schedule schedule, @Nullable String definedAs, Actor by) {
    Instant now = store.now();
    Schedule anchored =
        schedule.interval().isPresent() && schedule.from().isEmpty()
            ? schedule.from(began(store, schedule).orElse(now))
            : schedule;
    return store.put(anchored, definedAs, anchored.next(now).orElse(null), by);
  }

  private static Optional<Instant> began(ScheduleStore store, Schedule schedule) {
    return store
        .find(new NameInTenant(schedule.tenant().orElseThrow(), schedule.name()))
        .map(ScheduleStatus::schedule)
        .filter(stored -> stored.interval().equals(schedule.interval()))
        .flatMap(Schedule::from);
  }

  @Override
  public List<ScheduleStatus> list() {
    return store.list(tenant);
  }

  @Override
  public Optional<ScheduleStatus> find(String name) {
    return store.find(named(name));
  }

  @Override
  public boolean pause(String name, String reason) {
    return pause(name, true, reason);
  }

  @Override
  public boolean resume(String name, String reason) {
    return pause(name, false, reason);
  }

  private boolean pause(String name, boolean paused, String reason) {
    Arguments.text("reason", reason, 2_000);
    return store.pause(named(name), paused, by, reason).orElseThrow(() -> unknown(name));
  }

  @Override
  public boolean remove(String name) {
    return store.remove(named(name), by);
  }

  @Override
  public Fire fireNow(String name, String reason) {
    Arguments.text("reason", reason, 2_000);
    return store.fireNow(named(name), by, reason).orElseThrow(() -> unknown(name));
  }

  @Override
  public BatchPage<Fire> fires(String name, FireQuery query) {
    return store.fires(named(name), requireNonNull(query, "query"));
  }

  private NameInTenant named(String name) {
    Arguments.text("name", name, 100);
    return new NameInTenant(tenant == null ? BatchRequest.DEFAULT_TENANT : tenant, name);
  }

  private IllegalArgumentException unknown(String name) {
    return new IllegalArgumentException(
        "name: tenant \"%s\" has no schedule \"%s\": put it first, or ask for the view of its tenant"
            .formatted(named(name).tenant(), name));
  }
}
