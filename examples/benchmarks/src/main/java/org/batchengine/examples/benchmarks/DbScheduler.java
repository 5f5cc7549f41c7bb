package org.batchengine.examples.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.serializer.Serializer;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** db-scheduler with a one-time task an item. It deletes what has succeeded and keeps no output. */
final class DbScheduler implements Contestant {
  private static final int THREADS = 50;

  private final MeasuredDatabase database;
  private final Work work;
  private final int threads;
  private final HikariDataSource pool;
  private final OneTimeTask<String> task;
  private final Scheduler scheduler;
  private final String tuning;
  private long submitted;

  /** Texts as their bytes: shorter and quicker than the default. */
  private static final class TextSerializer implements Serializer {
    @Override
    public byte[] serialize(Object text) {
      return text == null ? new byte[0] : ((String) text).getBytes(UTF_8);
    }

    @Override
    public <T> T deserialize(Class<T> type, byte[] bytes) {
      return type.cast(new String(bytes, UTF_8));
    }
  }

  DbScheduler(MeasuredDatabase database, Work work, int concurrency, boolean recoversSoon) {
    this.database = database;
    this.work = work;
    this.threads = concurrency > 0 ? concurrency : THREADS;
    this.pool = database.pool(threads + 4);
    task = Tasks.oneTime("item", String.class).execute((item, context) -> process(item.getData()));
    SchedulerBuilder builder =
        Scheduler.create(pool, task)
            .threads(threads)
            .pollingInterval(Duration.ofMillis(100))
            .serializer(new TextSerializer());
    String polling;
    if (database.isPostgres()) {
      builder.pollUsingLockAndFetch(1.0, 4.0);
      polling = "lock and fetch (1.0, 4.0)";
    } else {
      builder.pollUsingFetch(0.5, 3.0);
      polling = "fetch (0.5, 3.0), as it has no lock and fetch here";
    }
    if (recoversSoon) {
      builder.heartbeatInterval(Duration.ofSeconds(1)).missedHeartbeatsLimit(4);
      polling += ", heartbeats each second, dead after 4: the lowest";
    }
    scheduler = builder.build();
    tuning = "%d threads, %s, polls each 100 ms, scheduleBatch".formatted(threads, polling);
  }

  private void process(String input) {
    try {
      work.process(input);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String tuning() {
    return tuning;
  }

  @Override
  public void open() throws SQLException {
    database.execute(
        """
        create table if not exists scheduled_tasks (
          task_name varchar(100) not null,
          task_instance varchar(100) not null,
          task_data %s,
          execution_time timestamp with time zone not null,
          picked boolean not null,
          picked_by varchar(50),
          last_success timestamp with time zone,
          last_failure timestamp with time zone,
          consecutive_failures int,
          last_heartbeat timestamp with time zone,
          version bigint not null,
          priority smallint,
          primary key (task_name, task_instance)
        )
        """
            .formatted(database.isPostgres() ? "bytea" : "blob"),
        "create index if not exists by_time on scheduled_tasks (execution_time)",
        "create index if not exists by_heartbeat on scheduled_tasks (last_heartbeat)");
  }

  @Override
  public void submit(int items) {
    Iterator<String> inputs = Work.inputs(items);
    Stream<TaskInstance<?>> instances =
        IntStream.range(0, items)
            .mapToObj(id -> task.instance(Integer.toString(id), inputs.next()));
    scheduler.scheduleBatch(instances, Instant.now());
    submitted = items;
  }

  @Override
  public void drain() throws Exception {
    scheduler.start();
    do {
      work.awaitQuiet();
    } while (database.number("select count(*) from scheduled_tasks") > 0);
  }

  @Override
  public long finished() throws SQLException {
    return submitted - database.number("select count(*) from scheduled_tasks");
  }

  @Override
  public void close() {
    scheduler.stop();
    pool.close();
  }
}
