package org.batchengine.memory;

import java.time.Instant;
import java.util.Comparator;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;
import org.batchengine.schedule.Fire;
import org.batchengine.schedule.FireState;
import org.batchengine.schedule.Schedule;
import org.batchengine.schedule.ScheduleStatus;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.OwnedFire;
import org.batchengine.store.Template;
import org.jspecify.annotations.Nullable;

/** Schedules, their fires, and templates. */
final class ScheduleRows {
  static final Comparator<NameInTenant> BY_NAME =
      Comparator.comparing(NameInTenant::tenant).thenComparing(NameInTenant::name);

  private long lastSchedule;
  final NavigableMap<NameInTenant, ScheduleRow> byName = new TreeMap<>(BY_NAME);
  final NavigableMap<NameInTenant, TemplateRow> templates = new TreeMap<>(BY_NAME);

  /** A template, and when it was stored. */
  record TemplateRow(Template template, Instant changedAt) {}

  /** A row of the table schedule, and its fires. */
  static final class ScheduleRow {
    final long number;
    Schedule schedule;
    boolean paused;
    @Nullable String definedAs;
    @Nullable Instant nextAt;
    final NavigableMap<Instant, FireRow> fires = new TreeMap<>();

    private ScheduleRow(long number, Schedule schedule) {
      this.number = number;
      this.schedule = schedule;
    }

    ScheduleStatus status() {
      return new ScheduleStatus(schedule, paused, Optional.ofNullable(nextAt));
    }

    Stream<FireRow> dueFires() {
      return fires.values().stream().filter(fire -> fire.state == FireState.DUE);
    }
  }

  /** A row of the table fire. */
  static final class FireRow {
    final Instant at;
    FireState state;
    @Nullable Long owner;
    int attempts;
    @Nullable Instant retryAt;
    @Nullable BatchId batch;
    @Nullable String reason;

    FireRow(Instant at, FireState state, @Nullable String reason) {
      this.at = at;
      this.state = state;
      this.reason = reason;
    }

    Instant freeSince() {
      return retryAt == null ? at : retryAt;
    }

    Fire fire(Schedule of) {
      return new Fire(
          of.name(),
          of.tenant().orElseThrow(),
          at,
          state,
          attempts,
          Optional.ofNullable(retryAt),
          Optional.ofNullable(batch),
          Optional.ofNullable(reason));
    }
  }

  ScheduleRow add(NameInTenant name, Schedule schedule) {
    ScheduleRow row = new ScheduleRow(++lastSchedule, schedule);
    byName.put(name, row);
    return row;
  }

  /** The fire if it is DUE and the session's. */
  Optional<FireRow> owned(OwnedFire fire) {
    return byName.values().stream()
        .filter(row -> row.number == fire.schedule())
        .flatMap(row -> Stream.ofNullable(row.fires.get(fire.at())))
        .filter(row -> row.state == FireState.DUE)
        .filter(row -> row.owner != null && row.owner == fire.session())
        .findFirst();
  }

  /** Whether it was the session's still. */
  boolean submitted(OwnedFire fire, BatchId batch) {
    Optional<FireRow> owned = owned(fire);
    owned.ifPresent(
        row -> {
          end(row, FireState.SUBMITTED);
          row.batch = batch;
        });
    return owned.isPresent();
  }

  static void end(FireRow row, FireState state) {
    row.state = state;
    row.owner = null;
    row.retryAt = null;
  }
}
