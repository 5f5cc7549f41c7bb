package org.batchengine.memory;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.batchengine.feed.EventKind;
import org.batchengine.memory.ScheduleRows.FireRow;
import org.batchengine.memory.ScheduleRows.ScheduleRow;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchPage;
import org.batchengine.schedule.Fire;
import org.batchengine.schedule.FireQuery;
import org.batchengine.schedule.FireState;
import org.batchengine.schedule.Schedule;
import org.batchengine.schedule.ScheduleStatus;
import org.batchengine.store.Actor;
import org.batchengine.store.DueFire;
import org.batchengine.store.DueSchedule;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.NewFire;
import org.batchengine.store.OwnedFire;
import org.batchengine.store.ScheduleLook;
import org.batchengine.store.ScheduleStore;
import org.batchengine.store.rules.PageCursor;
import org.jspecify.annotations.Nullable;

/** Keeps schedules and their fires. */
final class MemorySchedules implements ScheduleStore {
  private final MemoryTransactions transactions;

  MemorySchedules(MemoryTransactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public Instant now() {
    return transactions.inTransaction(Tables::now);
  }

  @Override
  public boolean put(
      Schedule schedule, @Nullable String definedAs, @Nullable Instant nextAt, Actor by) {
    NameInTenant name = new NameInTenant(schedule.tenant().orElseThrow(), schedule.name());
    return transactions.inTransaction(
        tables -> {
          ScheduleRow row = tables.schedules.byName.get(name);
          if (row != null && definedAs != null && definedAs.equals(row.definedAs)) {
            return false;
          }
          if (row == null) {
            row = tables.schedules.add(name, schedule);
            row.nextAt = nextAt;
          } else if (!hasSameTimes(row.schedule, schedule)) {
            row.nextAt = nextAt;
          }
          row.schedule = schedule;
          row.definedAs = definedAs == null ? row.definedAs : definedAs;
          tables.events.add(name, EventKind.SCHEDULE_PUT, by, null, tables.now());
          return true;
        });
  }

  private static boolean hasSameTimes(Schedule one, Schedule two) {
    return one.expression().equals(two.expression())
        && one.zone().equals(two.zone())
        && one.interval().equals(two.interval())
        && one.from().equals(two.from())
        && one.until().equals(two.until());
  }

  @Override
  public Optional<ScheduleStatus> find(NameInTenant name) {
    return transactions.inTransaction(
        tables -> Optional.ofNullable(tables.schedules.byName.get(name)).map(ScheduleRow::status));
  }

  @Override
  public List<ScheduleStatus> list(@Nullable String tenant) {
    return transactions.inTransaction(
        tables ->
            tables.schedules.byName.entrySet().stream()
                .filter(entry -> tenant == null || tenant.equals(entry.getKey().tenant()))
                .map(entry -> entry.getValue().status())
                .toList());
  }

  @Override
  public Optional<Boolean> pause(NameInTenant name, boolean paused, Actor by, String reason) {
    return transactions.inTransaction(
        tables -> {
          ScheduleRow row = tables.schedules.byName.get(name);
          if (row == null || row.paused == paused) {
            return row == null ? Optional.empty() : Optional.of(false);
          }
          row.paused = paused;
          EventKind kind = paused ? EventKind.SCHEDULE_PAUSED : EventKind.SCHEDULE_RESUMED;
          tables.events.add(name, kind, by, reason, tables.now());
          return Optional.of(true);
        });
  }

  @Override
  public boolean remove(NameInTenant name, Actor by) {
    return transactions.inTransaction(
        tables -> {
          boolean isThere = tables.schedules.byName.remove(name) != null;
          if (isThere) {
            tables.events.add(name, EventKind.SCHEDULE_REMOVED, by, null, tables.now());
          }
          return isThere;
        });
  }

  @Override
  public Optional<Fire> fireNow(NameInTenant name, Actor by, String reason) {
    return transactions.inTransaction(
        tables -> {
          ScheduleRow row = tables.schedules.byName.get(name);
          if (row == null) {
            return Optional.empty();
          }
          Instant at = tables.now();
          while (row.fires.containsKey(at)) {
            at = at.plus(1, ChronoUnit.MICROS);
          }
          FireRow fire = new FireRow(at, FireState.DUE, reason);
          row.fires.put(at, fire);
          tables.events.add(name, EventKind.SCHEDULE_FIRED, by, reason, tables.now());
          return Optional.of(fire.fire(row.schedule));
        });
  }

  @Override
  public BatchPage<Fire> fires(NameInTenant name, FireQuery query) {
    Optional<Instant> before = query.after().map(PageCursor::parse).map(PageCursor::instant);
    return transactions.inTransaction(
        tables -> {
          List<Fire> found =
              Stream.ofNullable(tables.schedules.byName.get(name))
                  .flatMap(
                      row ->
                          row.fires.descendingMap().values().stream()
                              .map(fire -> fire.fire(row.schedule)))
                  .filter(fire -> before.stream().allMatch(fire.at()::isBefore))
                  .filter(fire -> query.states().isEmpty() || query.states().contains(fire.state()))
                  .limit(query.limit() + 1L)
                  .toList();
          return PageCursor.page(
              found, query.limit(), fire -> PageCursor.micros(fire.at()), query.toMap());
        });
  }

  @Override
  public ScheduleLook look() {
    return transactions.inTransaction(
        tables ->
            new ScheduleLook(
                tables.schedules.byName.values().stream()
                    .anyMatch(
                        row ->
                            !row.paused && row.nextAt != null && !row.nextAt.isAfter(tables.now())),
                tables.schedules.byName.values().stream()
                    .flatMap(ScheduleRow::dueFires)
                    .anyMatch(
                        fire -> fire.retryAt == null || !fire.retryAt.isAfter(tables.now()))));
  }

  @Override
  public List<DueSchedule> due(int most) {
    return transactions.inTransaction(
        tables ->
            tables.schedules.byName.values().stream()
                .filter(row -> !row.paused)
                .flatMap(row -> Stream.ofNullable(row.nextAt).map(at -> due(tables, row, at)))
                .filter(due -> !due.nextAt().isAfter(due.now()))
                .sorted(
                    Comparator.comparing(DueSchedule::nextAt).thenComparing(DueSchedule::number))
                .limit(most)
                .toList());
  }

  private static DueSchedule due(Tables tables, ScheduleRow row, Instant nextAt) {
    return new DueSchedule(
        row.number, row.schedule, nextAt, tables.now(), (int) row.dueFires().count());
  }

  @Override
  public boolean fire(DueSchedule schedule, List<NewFire> fires, @Nullable Instant nextAt) {
    return transactions.inTransaction(
        tables -> {
          Optional<ScheduleRow> found =
              tables.schedules.byName.values().stream()
                  .filter(row -> row.number == schedule.number())
                  .filter(row -> !row.paused && schedule.nextAt().equals(row.nextAt))
                  .findFirst();
          found.ifPresent(
              row -> {
                row.nextAt = nextAt;
                for (NewFire fire : fires) {
                  row.fires.putIfAbsent(
                      fire.at(), new FireRow(fire.at(), fire.state(), fire.reason()));
                }
              });
          return found.isPresent();
        });
  }

  @Override
  public List<DueFire> dueFires(@Nullable Collection<NameInTenant> coded, long session, int most) {
    return transactions.inTransaction(
        tables ->
            free(tables, session, fire -> true)
                .filter(
                    fire ->
                        coded == null
                            ? fire.template() != null
                            : fire.template() == null
                                && coded.contains(new NameInTenant(fire.tenant(), fire.name())))
                .limit(most)
                .toList());
  }

  private static Stream<DueFire> free(Tables tables, long session, Predicate<FireRow> those) {
    Instant now = tables.now();
    return tables.schedules.byName.values().stream()
        .flatMap(
            row ->
                row.dueFires()
                    .limit(row.schedule.overlap() == Schedule.Overlap.ALLOW ? Long.MAX_VALUE : 1)
                    .filter(fire -> fire.retryAt == null || !fire.retryAt.isAfter(now))
                    .filter(fire -> isFree(tables, fire, session) && those.test(fire))
                    .map(fire -> dueFire(tables, row, fire)))
        .filter(fire -> fire.overlap() != Schedule.Overlap.QUEUE || fire.running() == null)
        .sorted(Comparator.comparing(DueFire::at).thenComparing(DueFire::schedule));
  }

  private static boolean isFree(Tables tables, FireRow fire, long session) {
    return fire.owner == null || fire.owner == session || !tables.sessions.containsKey(fire.owner);
  }

  private static DueFire dueFire(Tables tables, ScheduleRow row, FireRow fire) {
    Schedule schedule = row.schedule;
    Optional<BatchId> running =
        row.fires.descendingMap().values().stream()
            .filter(each -> each.state == FireState.SUBMITTED)
            .findFirst()
            .map(each -> each.batch)
            .filter(id -> isLive(tables, id));
    return new DueFire(
        row.number,
        fire.at,
        schedule.tenant().orElseThrow(),
        schedule.name(),
        fire.attempts,
        fire.reason,
        schedule.overlap(),
        schedule.template().orElse(null),
        running.orElse(null));
  }

  private static boolean isLive(Tables tables, BatchId id) {
    BatchRows batch = tables.find(id, null);
    return batch != null && !batch.state.isTerminal();
  }

  @Override
  public boolean own(OwnedFire fire) {
    return transactions.inTransaction(
        tables -> {
          Optional<FireRow> found =
              tables.schedules.byName.values().stream()
                  .filter(row -> row.number == fire.schedule())
                  .flatMap(row -> Stream.ofNullable(row.fires.get(fire.at())))
                  .filter(row -> row.state == FireState.DUE)
                  .filter(row -> isFree(tables, row, fire.session()))
                  .filter(row -> tables.sessions.containsKey(fire.session()))
                  .findFirst();
          found.ifPresent(row -> row.owner = fire.session());
          return found.isPresent();
        });
  }

  @Override
  public void skip(OwnedFire fire, String reason) {
    transactions.useTransaction(
        tables ->
            tables
                .schedules
                .owned(fire)
                .ifPresent(
                    row -> {
                      ScheduleRows.end(row, FireState.SKIPPED);
                      row.reason = reason;
                    }));
  }

  @Override
  public void submitted(OwnedFire fire, BatchId batch) {
    transactions.useTransaction(
        tables -> {
          if (tables.find(batch, null) != null) {
            tables.schedules.submitted(fire, batch);
          }
        });
  }

  @Override
  public void failed(OwnedFire fire, String reason, @Nullable Duration retryAfter) {
    transactions.useTransaction(
        tables ->
            tables
                .schedules
                .owned(fire)
                .ifPresent(
                    row -> {
                      ScheduleRows.end(row, retryAfter == null ? FireState.FAILED : FireState.DUE);
                      row.attempts++;
                      row.reason = reason;
                      row.retryAt = retryAfter == null ? null : tables.now().plus(retryAfter);
                    }));
  }

  @Override
  public Map<NameInTenant, Instant> unserved(Duration since) {
    return transactions.inTransaction(
        tables -> {
          Instant before = tables.now().minus(since);
          Map<NameInTenant, Instant> found = new TreeMap<>(ScheduleRows.BY_NAME);
          free(tables, Tables.NO_SESSION, fire -> fire.freeSince().isBefore(before))
              .filter(fire -> fire.template() == null && !isAfterTaken(tables, fire))
              .forEach(
                  fire ->
                      found.putIfAbsent(new NameInTenant(fire.tenant(), fire.name()), fire.at()));
          tables.schedules.byName.forEach(
              (name, row) -> {
                if (!row.paused && row.nextAt != null && row.nextAt.isBefore(before)) {
                  found.merge(name, row.nextAt, (one, two) -> one.isBefore(two) ? one : two);
                }
              });
          return found;
        });
  }

  /** Whether a session has taken an earlier fire, and may come to this one next. */
  private static boolean isAfterTaken(Tables tables, DueFire fire) {
    return tables.schedules.byName.values().stream()
        .flatMap(ScheduleRow::dueFires)
        .anyMatch(
            taken -> !isFree(tables, taken, Tables.NO_SESSION) && !taken.at.isAfter(fire.at()));
  }

  @Override
  public boolean removeFires(Duration olderThan, int most) {
    return transactions.inTransaction(
        tables -> {
          Instant before = tables.now().minus(olderThan);
          int removed = 0;
          for (ScheduleRow row : tables.schedules.byName.values()) {
            List<FireRow> old =
                row.fires.headMap(before, false).values().stream()
                    .filter(fire -> fire.state != FireState.DUE)
                    .filter(fire -> fire.batch == null || !isLive(tables, fire.batch))
                    .limit(most - removed)
                    .toList();
            old.forEach(fire -> row.fires.remove(fire.at));
            removed += old.size();
          }
          return removed == most;
        });
  }
}
