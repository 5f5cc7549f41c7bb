package org.batchengine.jdbc.schedule;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.Conditions;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.FireDao;
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
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps schedules and their fires. Locks a schedule before its fires, and a fire after its batch.
 */
public final class JdbcSchedules implements ScheduleStore {
  private static final Logger log = LoggerFactory.getLogger(JdbcSchedules.class);

  private static final String COLUMNS =
      "s.tenant, s.name, s.cron, s.zone, s.every_micros, s.missed, s.overlap, s.template, s.from_at, s.until_at, s.paused, s.next_at";

  private static final String UPDATE =
      """
      update batch_schedule set
        next_at = case when coalesce(cron, '') = coalesce(cast(:cron as varchar), '')
            and coalesce(zone, '') = coalesce(cast(:zone as varchar), '')
            and coalesce(every_micros, 0) = coalesce(cast(:every as bigint), 0)
            and from_at is not distinct from cast(:from as timestamp(6) with time zone)
            and until_at is not distinct from cast(:until as timestamp(6) with time zone)
          then next_at else cast(:next as timestamp(6) with time zone) end,
        cron = :cron, zone = :zone, every_micros = :every, missed = :missed, overlap = :overlap,
        template = :template, from_at = :from, until_at = :until,
        defined_as = coalesce(cast(:definedAs as varchar), defined_as)
      where tenant = :tenant and name = :name
        and (cast(:definedAs as varchar) is null or defined_as is distinct from :definedAs)
      """;

  private static final String INSERT =
      """
      insert into batch_schedule
        (tenant, name, cron, zone, every_micros, missed, overlap, template, from_at, until_at,
         defined_as, next_at)
      values (:tenant, :name, :cron, :zone, :every, :missed, :overlap, :template, :from, :until,
        :definedAs, :next)
      <unless_taken>
      """;

  private static final String LOOK =
      """
      select
        exists (select 1 from batch_schedule where next_at <= <now> and not paused) as schedules,
        exists (select 1 from batch_fire
          where state = 'DUE' and (retry_at is null or retry_at <= <now>)) as fires
      """;

  private static final String DUE =
      "select s.schedule_no, "
          + COLUMNS
          + """
          , <now> as as_of, (select count(*) from batch_fire f
              where f.schedule_no = s.schedule_no and f.state = 'DUE') as waiting
          from batch_schedule s where s.next_at <= <now> and not s.paused
          order by s.next_at, s.schedule_no
          offset :seen rows fetch first :most rows only
          """;

  /** Fires that can be had, and the batch of the last one, if that has not ended. */
  private static final String DUE_FIRES =
      """
      select d.* from (
        select f.schedule_no, f.fire_at, f.attempts, f.reason, f.session_id, f.retry_at, s.tenant,
          s.name, s.overlap, s.template,
          (select j.id from batch_job j where j.ended_at is null and j.id =
            (select l.batch_id from batch_fire l
              where l.schedule_no = f.schedule_no and l.state = 'SUBMITTED'
              order by l.fire_at desc fetch first 1 rows only)) as running
        from batch_fire f join batch_schedule s on s.schedule_no = f.schedule_no
        where f.state = 'DUE' and (f.retry_at is null or f.retry_at <= <now>)
          and (s.overlap = 'ALLOW' or not exists (select 1 from batch_fire e
            where e.schedule_no = f.schedule_no and e.state = 'DUE' and e.fire_at < f.fire_at))
          and
      """
          + ScheduleDao.IS_FREE
          + """
      ) d where (d.overlap <> 'QUEUE' or d.running is null) and
      """;

  /** Whoever has taken an earlier fire may have the code, and comes to this one later. */
  private static final String UNSERVED =
      "select u.tenant, u.name, min(u.since) as since from (select d.tenant, d.name, d.fire_at as since from ("
          + DUE_FIRES
          + """
            d.template is null
              and coalesce(d.retry_at, d.fire_at)
                < <now> - cast(:since as numeric(20, 6)) * interval '1' second
              and not exists (select 1 from batch_fire t
                join batch_session o on o.id = t.session_id
                where t.state = 'DUE' and t.fire_at <= d.fire_at)) d
          union all
          select s.tenant, s.name, s.next_at from batch_schedule s where not s.paused
            and s.next_at < <now> - cast(:since as numeric(20, 6)) * interval '1' second) u
          group by u.tenant, u.name order by u.tenant, u.name
          """;

  private static final String FIRES =
      """
      select f.fire_at, f.state, f.attempts, f.retry_at, f.batch_id, f.reason, s.tenant, s.name
      from batch_fire f join batch_schedule s on s.schedule_no = f.schedule_no
      """;

  private static final String OLD =
      """
      select f.schedule_no, f.fire_at from batch_fire f
      where f.state in ('SUBMITTED', 'MISSED', 'SKIPPED', 'FAILED')
        and f.fire_at < <now> - cast(:age as numeric(20, 6)) * interval '1' second
        and not exists (select 1 from batch_job j where j.id = f.batch_id and j.ended_at is null)
      fetch first :most rows only
      """;

  private static final long NOBODY = 0;

  private final Transactions transactions;
  private final Transactions brief;

  /** Schedules that this node cannot read. */
  private final Set<NameInTenant> unknown;

  /** On an open database. */
  public JdbcSchedules(Database database) {
    this(database.transactions(), database.brief(), ConcurrentHashMap.newKeySet());
  }

  private JdbcSchedules(Transactions transactions, Transactions brief, Set<NameInTenant> unknown) {
    this.transactions = transactions;
    this.brief = brief;
    this.unknown = unknown;
  }

  @Override
  public ScheduleStore brief() {
    return new JdbcSchedules(brief, brief, unknown);
  }

  @Override
  public Instant now() {
    return transactions.autoCommit(JdbcSchedules::now);
  }

  private static Instant now(Handle handle) {
    return handle
        .createQuery("select <now> as as_of")
        .map((row, context) -> Columns.instant(row, "as_of"))
        .one();
  }

  private static ScheduleDao dao(Handle handle) {
    return SqlObjects.on(handle, ScheduleDao.class);
  }

  @Override
  public boolean put(
      Schedule schedule, @Nullable String definedAs, @Nullable Instant nextAt, Actor by) {
    NameInTenant name = new NameInTenant(schedule.tenant().orElseThrow(), schedule.name());
    return transactions.inTransaction(
        handle -> {
          BooleanSupplier update =
              () -> bound(handle.createUpdate(UPDATE), schedule, definedAs, nextAt).execute() > 0;
          BooleanSupplier insert =
              () -> bound(handle.createUpdate(INSERT), schedule, definedAs, nextAt).execute() > 0;
          boolean isStored =
              update.getAsBoolean()
                  || SqlFaults.unlessTaken(insert::getAsBoolean, false)
                  || update.getAsBoolean(); // another one was quicker to insert it
          if (isStored) {
            tell(handle, name, EventKind.SCHEDULE_PUT, by, null);
          }
          return isStored;
        });
  }

  private static <T extends SqlStatement<T>> T bound(
      T statement, Schedule schedule, @Nullable String definedAs, @Nullable Instant nextAt) {
    return statement
        .bind("tenant", schedule.tenant().orElseThrow())
        .bind("name", schedule.name())
        .bind("cron", schedule.expression().orElse(null))
        .bind("zone", schedule.zone().map(ZoneId::getId).orElse(null))
        .bind("every", schedule.interval().map(Columns::micros).orElse(null))
        .bind("missed", schedule.missed().name())
        .bind("overlap", schedule.overlap().name())
        .bind("template", schedule.template().orElse(null))
        .bindByType("from", schedule.from().orElse(null), Instant.class)
        .bindByType("until", schedule.until().orElse(null), Instant.class)
        .bind("definedAs", definedAs)
        .bindByType("next", nextAt, Instant.class);
  }

  private static void tell(
      Handle handle, NameInTenant name, EventKind kind, Actor by, @Nullable String reason) {
    SqlObjects.on(handle, EventDao.class).insertOf(name, kind, by, reason);
  }

  @Override
  public Optional<ScheduleStatus> find(NameInTenant name) {
    Conditions one =
        new Conditions()
            .and("s.tenant = :tenant", "tenant", name.tenant())
            .and("s.name = :name", "name", name.name());
    return schedules(one).stream().findFirst();
  }

  @Override
  public List<ScheduleStatus> list(@Nullable String tenant) {
    return schedules(
        tenant == null
            ? new Conditions().and("true")
            : new Conditions().and("s.tenant = :tenant", "tenant", tenant));
  }

  private List<ScheduleStatus> schedules(Conditions conditions) {
    String sql =
        "select "
            + COLUMNS
            + " from batch_schedule s "
            + conditions.sql()
            + "order by s.tenant, s.name";
    return transactions.autoCommit(
        handle ->
            conditions.bindTo(handle.createQuery(sql)).map((row, context) -> status(row)).stream()
                .flatMap(Optional::stream)
                .toList());
  }

  private Optional<ScheduleStatus> status(ResultSet row) throws SQLException {
    boolean isPaused = row.getBoolean("paused");
    Optional<Instant> nextAt = Optional.ofNullable(Columns.instantOrNull(row, "next_at"));
    return known(row).map(schedule -> new ScheduleStatus(schedule, isPaused, nextAt));
  }

  /**
   * The schedule of a row. Empty if this node does not know its zone or its syntax, as a newer one
   * may: that is logged once, and the others fire.
   */
  private Optional<Schedule> known(ResultSet row) throws SQLException {
    try {
      return Optional.of(schedule(row));
    } catch (DateTimeException | IllegalArgumentException e) {
      NameInTenant name = new NameInTenant(row.getString("tenant"), row.getString("name"));
      if (unknown.add(name)) {
        log.warn(
            "schedule \"{}\" of tenant \"{}\" is passed over, as this node cannot read it: {}",
            name.name(),
            name.tenant(),
            e.getMessage());
      }
      return Optional.empty();
    }
  }

  private static Schedule schedule(ResultSet row) throws SQLException {
    String name = row.getString("name");
    String cron = row.getString("cron");
    Schedule schedule =
        cron == null
            ? Schedule.every(name, Duration.of(row.getLong("every_micros"), ChronoUnit.MICROS))
            : Schedule.cron(name, cron, ZoneId.of(row.getString("zone")));
    schedule =
        schedule
            .tenant(row.getString("tenant"))
            .onMissed(Schedule.Missed.valueOf(row.getString("missed")))
            .onOverlap(Schedule.Overlap.valueOf(row.getString("overlap")));
    String template = row.getString("template");
    schedule = template == null ? schedule : schedule.template(template);
    Instant from = Columns.instantOrNull(row, "from_at");
    schedule = from == null ? schedule : schedule.from(from);
    Instant until = Columns.instantOrNull(row, "until_at");
    return until == null ? schedule : schedule.until(until);
  }

  @Override
  public Optional<Boolean> pause(NameInTenant name, boolean paused, Actor by, String reason) {
    return transactions.inTransaction(
        handle -> {
          Optional<Boolean> changed =
              dao(handle).lock(name).map(number -> dao(handle).pause(number, paused));
          if (changed.orElse(false)) {
            EventKind kind = paused ? EventKind.SCHEDULE_PAUSED : EventKind.SCHEDULE_RESUMED;
            tell(handle, name, kind, by, reason);
          }
          return changed;
        });
  }

  @Override
  public boolean remove(NameInTenant name, Actor by) {
    return transactions.inTransaction(
        handle -> {
          Optional<Long> number = dao(handle).lock(name);
          number.ifPresent(dao(handle)::delete);
          number.ifPresent(dao(handle)::deleteFires);
          number.ifPresent(gone -> tell(handle, name, EventKind.SCHEDULE_REMOVED, by, null));
          return number.isPresent();
        });
  }

  @Override
  public Optional<Fire> fireNow(NameInTenant name, Actor by, String reason) {
    return transactions.inTransaction(
        handle -> {
          Optional<Long> number = dao(handle).lock(name);
          if (number.isEmpty()) {
            return Optional.empty();
          }
          Instant at = now(handle).truncatedTo(ChronoUnit.MICROS);
          while (!inserted(handle, number.get(), new NewFire(at, FireState.DUE, reason))) {
            at = at.plus(1, ChronoUnit.MICROS);
          }
          tell(handle, name, EventKind.SCHEDULE_FIRED, by, reason);
          return Optional.of(
              new Fire(
                  name.name(),
                  name.tenant(),
                  at,
                  FireState.DUE,
                  0,
                  Optional.empty(),
                  Optional.empty(),
                  Optional.of(reason)));
        });
  }

  private static boolean inserted(Handle handle, long schedule, NewFire fire) {
    return SqlFaults.unlessTaken(
        () -> dao(handle).insertFire(schedule, fire.at(), fire.state().name(), fire.reason()),
        false);
  }

  @Override
  public BatchPage<Fire> fires(NameInTenant name, FireQuery query) {
    Conditions conditions =
        new Conditions()
            .and("s.tenant = :tenant", "tenant", name.tenant())
            .and("s.name = :name", "name", name.name());
    if (!query.states().isEmpty()) {
      conditions.anyOf("f.state", "states", query.states().stream().map(FireState::name).toList());
    }
    query
        .after()
        .map(PageCursor::parse)
        .ifPresent(
            micros -> conditions.and("f.fire_at < :after", "after", PageCursor.instant(micros)));
    String sql = FIRES + conditions.sql() + "order by f.fire_at desc fetch first :most rows only";
    List<Fire> found =
        transactions.autoCommit(
            handle ->
                conditions
                    .bindTo(handle.createQuery(sql))
                    .bind("most", query.limit() + 1)
                    .map((row, context) -> fire(row))
                    .list());
    return PageCursor.page(
        found, query.limit(), fire -> PageCursor.micros(fire.at()), query.toMap());
  }

  private static Fire fire(ResultSet row) throws SQLException {
    return new Fire(
        row.getString("name"),
        row.getString("tenant"),
        Columns.instant(row, "fire_at"),
        FireState.valueOf(row.getString("state")),
        row.getInt("attempts"),
        Optional.ofNullable(Columns.instantOrNull(row, "retry_at")),
        Optional.ofNullable(row.getObject("batch_id", UUID.class)).map(BatchId::of),
        Optional.ofNullable(row.getString("reason")));
  }

  @Override
  public ScheduleLook look() {
    return transactions.autoCommit(
        handle ->
            handle
                .createQuery(LOOK)
                .map(
                    (row, context) ->
                        new ScheduleLook(row.getBoolean("schedules"), row.getBoolean("fires")))
                .one());
  }

  @Override
  public List<DueSchedule> due(int most) {
    for (int seen = 0; ; seen += most) {
      List<Optional<DueSchedule>> read = due(most, seen);
      List<DueSchedule> due = read.stream().flatMap(Optional::stream).toList();
      if (!due.isEmpty() || read.size() < most) {
        return due;
      }
    }
  }

  private List<Optional<DueSchedule>> due(int most, int seen) {
    return transactions.autoCommit(
        handle ->
            handle
                .createQuery(DUE)
                .bind("most", most)
                .bind("seen", seen)
                .map((row, context) -> dueSchedule(row))
                .list());
  }

  private Optional<DueSchedule> dueSchedule(ResultSet row) throws SQLException {
    long number = row.getLong("schedule_no");
    Instant nextAt = Columns.instant(row, "next_at");
    Instant asOf = Columns.instant(row, "as_of");
    int waiting = row.getInt("waiting");
    return known(row).map(schedule -> new DueSchedule(number, schedule, nextAt, asOf, waiting));
  }

  @Override
  public boolean fire(DueSchedule schedule, List<NewFire> fires, @Nullable Instant nextAt) {
    return transactions.inTransaction(
        handle -> {
          boolean isMoved = dao(handle).move(schedule.number(), schedule.nextAt(), nextAt);
          if (isMoved) {
            fires.forEach(fire -> inserted(handle, schedule.number(), fire));
          }
          return isMoved;
        });
  }

  @Override
  public List<DueFire> dueFires(@Nullable Collection<NameInTenant> coded, long session, int most) {
    String sql =
        DUE_FIRES
            + (coded == null
                ? "d.template is not null"
                : "d.template is null and d.tenant || '/' || d.name = any(:names)")
            + " order by d.fire_at, d.schedule_no fetch first :most rows only";
    return transactions
        .autoCommit(
            handle -> {
              var query = handle.createQuery(sql).bind("session", session).bind("most", most);
              if (coded != null) {
                List<String> names =
                    coded.stream().map(name -> name.tenant() + '/' + name.name()).toList();
                query.bind("names", Slices.whole(names, String[]::new));
              }
              return query.map((row, context) -> dueFire(row)).list();
            })
        .stream()
        .filter(
            fire -> coded == null || coded.contains(new NameInTenant(fire.tenant(), fire.name())))
        .toList();
  }

  private static DueFire dueFire(ResultSet row) throws SQLException {
    UUID running = row.getObject("running", UUID.class);
    return new DueFire(
        row.getLong("schedule_no"),
        Columns.instant(row, "fire_at"),
        row.getString("tenant"),
        row.getString("name"),
        row.getInt("attempts"),
        row.getString("reason"),
        Schedule.Overlap.valueOf(row.getString("overlap")),
        row.getString("template"),
        running == null ? null : BatchId.of(running));
  }

  @Override
  public boolean own(OwnedFire fire) {
    return transactions.inTransaction(handle -> dao(handle).own(fire));
  }

  @Override
  public void skip(OwnedFire fire, String reason) {
    transactions.useTransaction(handle -> dao(handle).skip(fire, reason));
  }

  @Override
  public void submitted(OwnedFire fire, BatchId batch) {
    transactions.useTransaction(
        handle ->
            dao(handle)
                .batch(batch)
                .ifPresent(number -> SqlObjects.on(handle, FireDao.class).submitted(fire, number)));
  }

  @Override
  public void failed(OwnedFire fire, String reason, @Nullable Duration retryAfter) {
    transactions.useTransaction(handle -> dao(handle).failed(fire, reason, retryAfter));
  }

  @Override
  public Map<NameInTenant, Instant> unserved(Duration since) {
    Map<NameInTenant, Instant> found = new LinkedHashMap<>();
    transactions.autoCommit(
        handle ->
            handle
                .createQuery(UNSERVED)
                .bind("session", NOBODY)
                .bindByType("since", since, Duration.class)
                .map(
                    (row, context) ->
                        found.put(
                            new NameInTenant(row.getString("tenant"), row.getString("name")),
                            Columns.instant(row, "since")))
                .list());
    return found;
  }

  @Override
  public boolean removeFires(Duration olderThan, int most) {
    return transactions.inTransaction(handle -> remove(handle, olderThan, most)) == most;
  }

  private static int remove(Handle handle, Duration olderThan, int most) {
    List<OwnedFire> old =
        handle
            .createQuery(OLD)
            .bindByType("age", olderThan, Duration.class)
            .bind("most", most)
            .map(
                (row, context) ->
                    new OwnedFire(
                        row.getLong("schedule_no"), Columns.instant(row, "fire_at"), NOBODY))
            .list();
    if (!old.isEmpty()) {
      dao(handle)
          .deleteFires(
              old.stream().map(OwnedFire::schedule).toList(),
              old.stream().map(OwnedFire::at).toList());
    }
    return old.size();
  }
}
