package org.batchengine.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Plain JDBC that does the least a durable engine must: it leases ranges, reads a range, and
 * inserts its outcomes in the transaction that ends the lease. There is no retry, no count and no
 * recovery.
 */
final class Raw implements Contestant {
  private static final int H2_ROWS_A_BATCH = 1_000;

  private final MeasuredDatabase database;
  private final Work work;
  private final Style style;
  private final int rangeSize;
  private final int concurrency;
  private final HikariDataSource pool;

  /** How outcomes are inserted. */
  enum Style {
    COPY,
    BINARY_COPY,
    ARRAYS,
    BATCH
  }

  private record Range(int first, int last) {}

  private record Item(int id, String input) {}

  private record Outcome(int id, String output) {}

  Raw(MeasuredDatabase database, Work work, Style style, int rangeSize, int concurrency) {
    this.database = database;
    this.work = work;
    this.style = style;
    this.rangeSize = rangeSize;
    this.concurrency = concurrency;
    this.pool = database.pool(2);
  }

  @Override
  public String tuning() {
    return "%s, leases and commits of %,d, %s"
        .formatted(
            style == Style.BATCH
                ? "items by batched inserts"
                : style == Style.BINARY_COPY ? "items by binary COPY" : "items by COPY",
            rangeSize,
            work.isSlow() ? concurrency + " workers, one writer" : threads() + " threads");
  }

  private int threads() {
    return database.isPostgres() ? 2 : 1;
  }

  @Override
  public void open() throws SQLException {
    database.execute(
        "create table if not exists raw_item (id bigint primary key, input varchar)",
        "create table if not exists raw_lease"
            + " (first_id bigint primary key, last_id bigint not null, owner int)",
        "create table if not exists raw_outcome (id bigint primary key, state smallint not null,"
            + " attempts int not null, settled_at timestamp with time zone not null,"
            + " output varchar)");
  }

  @Override
  public void submit(int items) throws SQLException {
    try (Connection connection = connect()) {
      switch (style) {
        case COPY, ARRAYS -> CopyRows.inputs(connection, "raw_item (id, input)", items);
        case BINARY_COPY -> BinaryCopyRows.inputs(connection, "raw_item (id, input)", items);
        case BATCH -> insertInputs(connection, "raw_item", items);
      }
      try (PreparedStatement lease =
          connection.prepareStatement("insert into raw_lease (first_id, last_id) values (?, ?)")) {
        for (int first = 0; first < items; first += rangeSize) {
          lease.setLong(1, first);
          lease.setLong(2, Math.min(first + rangeSize, items) - 1);
          lease.addBatch();
        }
        lease.executeBatch();
      }
      connection.commit();
    }
  }

  /** Inserts inputs with their numbers in batches, and commits each. */
  static void insertInputs(Connection connection, String table, int items) throws SQLException {
    Iterator<String> inputs = Work.inputs(items);
    try (PreparedStatement insert =
        connection.prepareStatement("insert into " + table + " (id, input) values (?, ?)")) {
      for (int id = 0; id < items; id++) {
        insert.setLong(1, id);
        insert.setString(2, inputs.next());
        insert.addBatch();
        if ((id + 1) % H2_ROWS_A_BATCH == 0 || id + 1 == items) {
          insert.executeBatch();
          connection.commit();
        }
      }
    }
  }

  @Override
  public void drain() throws Exception {
    if (work.isSlow()) {
      drainDecoupled();
    } else {
      drainInThreads();
    }
    while (database.number("select count(*) from raw_lease") > 0) {
      Thread.sleep(1); // others are at it
    }
  }

  private void drainInThreads() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(threads());
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < threads(); i++) {
      running.add(
          threads.submit(
              () -> {
                drainInline();
                return null;
              }));
    }
    for (Future<?> thread : running) {
      thread.get();
    }
    threads.shutdown();
  }

  /** Range by range: what it has worked on it writes, then it goes on. */
  private void drainInline() throws Exception {
    try (Connection connection = connect()) {
      for (Range range = lease(connection); range != null; range = lease(connection)) {
        List<Outcome> outcomes = new ArrayList<>(rangeSize);
        for (Item item : read(connection, range)) {
          outcomes.add(new Outcome(item.id, work.process(item.input)));
        }
        write(connection, outcomes);
        end(connection, range);
        connection.commit();
      }
    }
  }

  /** Workers run ahead of one writer, which commits whatever has finished. */
  private void drainDecoupled() throws Exception {
    ExecutorService workers = Executors.newFixedThreadPool(concurrency);
    BlockingQueue<Outcome> finished = new LinkedBlockingQueue<>();
    Map<Range, Integer> open = new HashMap<>();
    int running = 0;
    boolean more = true;
    try (Connection connection = connect()) {
      while (true) {
        while (more && running < 2 * concurrency) {
          Range range = lease(connection);
          more = range != null;
          if (range != null) {
            List<Item> items = read(connection, range);
            open.put(range, items.size());
            running += items.size();
            for (Item item : items) {
              workers.execute(() -> finished.add(processed(item)));
            }
          }
        }
        if (running == 0) {
          break;
        }
        List<Outcome> outcomes = new ArrayList<>();
        outcomes.add(finished.take());
        finished.drainTo(outcomes, rangeSize - 1);
        write(connection, outcomes);
        for (Outcome outcome : outcomes) {
          int first = outcome.id / rangeSize * rangeSize;
          for (Range range : List.copyOf(open.keySet())) {
            if (range.first == first && open.merge(range, -1, Integer::sum) == 0) {
              open.remove(range);
              end(connection, range);
            }
          }
        }
        connection.commit();
        running -= outcomes.size();
      }
    }
    workers.shutdown();
  }

  private Outcome processed(Item item) {
    try {
      return new Outcome(item.id, work.process(item.input));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private @Nullable Range lease(Connection connection) throws SQLException {
    String free =
        "select first_id, last_id from raw_lease where owner is null order by first_id"
            + (database.isPostgres() ? " limit 1 for update skip locked" : " limit 1");
    Range range;
    try (PreparedStatement select = connection.prepareStatement(free);
        ResultSet row = select.executeQuery()) {
      range = row.next() ? new Range(row.getInt(1), row.getInt(2)) : null;
    }
    if (range != null) {
      try (PreparedStatement update =
          connection.prepareStatement("update raw_lease set owner = 1 where first_id = ?")) {
        update.setLong(1, range.first);
        update.executeUpdate();
      }
    }
    connection.commit();
    return range;
  }

  private static List<Item> read(Connection connection, Range range) throws SQLException {
    List<Item> items = new ArrayList<>(range.last - range.first + 1);
    try (PreparedStatement select =
        connection.prepareStatement(
            "select id, input from raw_item where id between ? and ? order by id")) {
      select.setLong(1, range.first);
      select.setLong(2, range.last);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          items.add(new Item(rows.getInt(1), rows.getString(2)));
        }
      }
    }
    return items;
  }

  private void write(Connection connection, List<Outcome> outcomes) throws SQLException {
    switch (style) {
      case COPY -> {
        String settled = "\t1\t1\t" + Instant.now() + "\t";
        CopyRows rows =
            new CopyRows(connection, "raw_outcome (id, state, attempts, settled_at, output)");
        for (Outcome outcome : outcomes) {
          rows.row().append(outcome.id).append(settled).append(outcome.output).append('\n');
        }
        rows.end();
      }
      case BINARY_COPY -> {
        long now = BinaryCopyRows.micros(Instant.now());
        BinaryCopyRows rows =
            new BinaryCopyRows(connection, "raw_outcome (id, state, attempts, settled_at, output)");
        for (Outcome outcome : outcomes) {
          rows.row(5).bigint(outcome.id).smallint(1).integer(1).bigint(now).varchar(outcome.output);
        }
        rows.end();
      }
      case ARRAYS -> {
        String insert =
            """
            insert into raw_outcome (id, state, attempts, settled_at, output)
            select o.id, 1, 1, now(), o.output from unnest(?::bigint[], ?::varchar[]) as o (id, output)
            """;
        try (PreparedStatement statement = connection.prepareStatement(insert)) {
          statement.setObject(1, outcomes.stream().mapToLong(Outcome::id).toArray());
          statement.setObject(2, outcomes.stream().map(Outcome::output).toArray(String[]::new));
          statement.executeUpdate();
        }
      }
      case BATCH -> {
        String insert =
            "insert into raw_outcome (id, state, attempts, settled_at, output) values (?, 1, 1, ?, ?)";
        OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
        try (PreparedStatement statement = connection.prepareStatement(insert)) {
          for (Outcome outcome : outcomes) {
            statement.setLong(1, outcome.id);
            statement.setObject(2, now);
            statement.setString(3, outcome.output);
            statement.addBatch();
          }
          statement.executeBatch();
        }
      }
    }
  }

  private static void end(Connection connection, Range range) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("delete from raw_lease where first_id = ?")) {
      delete.setLong(1, range.first);
      delete.executeUpdate();
    }
  }

  @Override
  public long finished() throws SQLException {
    return database.number("select count(*) from raw_outcome");
  }

  private Connection connect() throws SQLException {
    Connection connection = pool.getConnection();
    connection.setAutoCommit(false);
    return connection;
  }

  @Override
  public void close() {
    pool.close();
  }
}
