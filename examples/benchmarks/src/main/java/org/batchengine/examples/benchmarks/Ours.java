package org.batchengine.examples.benchmarks;

import static org.batchengine.model.BatchState.PAUSED;
import static org.batchengine.model.BatchState.PENDING;
import static org.batchengine.model.BatchState.RUNNING;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.Chunk;
import org.batchengine.ChunkItem;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.jdbc.JdbcBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.jspecify.annotations.Nullable;

/** The engine with its defaults, or several engines in one process. */
final class Ours implements Contestant {
  private static final JobType<String, String> TYPE =
      JobType.of("benchmark", String.class, String.class);

  private static final HistoryQuery UNFINISHED = HistoryQuery.all().state(PENDING, RUNNING, PAUSED);

  private static final int COLD_BATCHES = 50;
  private static final int WARM_UP_BATCHES = 1_000;
  private static final int WARM_BATCHES = 500;
  private static final int ROWS_A_CHUNK = 5_000;
  private static final int PAUSE_MILLIS = 5;
  private static final int SETTLING_DOWN_MILLIS = 10_000;

  private final BatchEngine engine;
  private final List<BatchEngine> engines;
  private final String tuning;

  /** Where the items are written as well. */
  private final @Nullable MeasuredDatabase written;

  private Ours(List<BatchEngine> engines, String tuning, @Nullable MeasuredDatabase written) {
    this.engines = engines;
    this.engine = engines.get(0);
    this.tuning = tuning;
    this.written = written;
  }

  /** With that many engines, which share the concurrency if one is given. */
  static Ours make(MeasuredDatabase database, Work work, Trial trial, int engines) {
    boolean writes = trial.part() == Trial.Part.WRITES;
    int concurrency = trial.concurrency();
    JobOptions defaults =
        writes ? JobOptions.defaults().chunkSize(ROWS_A_CHUNK) : JobOptions.defaults();
    JobOptions options =
        concurrency > 0 ? defaults.concurrency(Math.max(1, concurrency / engines)) : defaults;
    String tuning =
        (writes ? "chunks of %,d".formatted(ROWS_A_CHUNK) : "defaults")
            + (concurrency > 0 ? ", concurrency " + concurrency : "")
            + (engines > 1 ? ", %d engines in the process".formatted(engines) : "");
    return new Ours(
        IntStream.rangeClosed(1, engines)
            .mapToObj(
                number -> {
                  BatchEngine.Builder builder =
                      BatchEngine.builder(JdbcBatchStore.open(database.url()));
                  return writes
                      ? builder
                          .registerBulkTransactional(
                              TYPE,
                              Connection.class,
                              (chunk, connection) -> write(work, chunk, connection),
                              options)
                          .build()
                      : builder.register(TYPE, work::process, options).build();
                })
            .toList(),
        tuning,
        writes ? database : null);
  }

  private static void write(Work work, Chunk<String, String> chunk, Connection connection)
      throws Exception {
    try (PreparedStatement insert =
        connection.prepareStatement("insert into result (id, output) values (?, ?)")) {
      for (ChunkItem<String, String> item : chunk) {
        insert.setLong(1, item.index());
        insert.setString(2, work.process(item.input()));
        insert.addBatch();
        item.succeed(null);
      }
      insert.executeBatch();
    }
  }

  @Override
  public String tuning() {
    return tuning;
  }

  @Override
  public void open() throws SQLException {
    if (written != null) {
      written.execute("create table if not exists result (id bigint primary key, output varchar)");
    }
  }

  @Override
  public void submit(int items) {
    engine.submit(BatchRequest.of(TYPE, () -> Work.inputs(items)));
  }

  @Override
  public void drain() throws InterruptedException {
    List<BatchJob> unfinished = engine.history(UNFINISHED).items();
    engines.forEach(BatchEngine::start);
    for (BatchJob batch : unfinished) {
      engine.await(batch.id());
    }
  }

  @Override
  public long finished() throws SQLException {
    long succeeded = succeeded();
    return written == null
        ? succeeded
        : Math.min(succeeded, written.number("select count(*) from result"));
  }

  private long succeeded() {
    return engine.history(HistoryQuery.all().limit(1)).items().stream()
        .mapToLong(batch -> batch.counts().succeeded())
        .sum();
  }

  /** Starts, and submits batches one by one; measures that, and the time until all have ended. */
  void smallBatches(Figures figures, int batches, int itemsEach) throws InterruptedException {
    engine.start();
    List<String> items = IntStream.range(0, itemsEach).mapToObj(Work::input).toList();
    Stopwatch submit = Stopwatch.start();
    for (int i = 0; i < batches; i++) {
      engine.submit(TYPE, items);
    }
    double submitted = submit.seconds();
    // Not awaited one by one: that would take longer than they do.
    while (!engine.history(UNFINISHED.limit(1)).isEmpty()) {
      Thread.sleep(1);
    }
    figures
        .put("submitted a minute", batches / submitted * 60)
        .put("drained a minute", batches / submit.seconds() * 60)
        .put("ms after the last submit", (submit.seconds() - submitted) * 1e3);
  }

  /**
   * Starts, and measures how long it takes from a batch's submit to its end while nothing else
   * runs: in a JVM that has just started, and once it has done so many times.
   */
  void latency(Figures figures, int itemsEach) throws InterruptedException {
    engine.start();
    List<String> items = IntStream.range(0, itemsEach).mapToObj(Work::input).toList();
    Latencies cold = new Latencies();
    Latencies warm = new Latencies();
    for (int i = 0; i < COLD_BATCHES + WARM_UP_BATCHES + WARM_BATCHES; i++) {
      Latencies latencies = i < COLD_BATCHES ? cold : warm;
      Stopwatch watch = Stopwatch.start();
      engine.await(engine.submit(TYPE, items));
      if (i < COLD_BATCHES || i >= COLD_BATCHES + WARM_UP_BATCHES) {
        latencies.add(watch.seconds());
        Thread.sleep(PAUSE_MILLIS);
      }
    }
    cold.addTo(figures, "cold");
    warm.addTo(figures, "warm");
  }

  /** Starts, does some work, and measures what the engine costs once there is none. */
  void idle(Figures figures, MeasuredDatabase database) throws Exception {
    engine.start();
    engine.await(engine.submit(TYPE, IntStream.range(0, 100).mapToObj(Work::input).toList()));
    Thread.sleep(SETTLING_DOWN_MILLIS);
    long server = database.serverProcess();
    long transactions = database.isPostgres() ? database.transactions() : 0;
    CpuTimes cpu = CpuTimes.now(server);
    Thread.sleep(60_000);
    cpu = CpuTimes.now(server).since(cpu);
    figures.put("JVM CPU ms/min", cpu.own() / 1e6);
    if (database.isPostgres()) {
      figures
          .put("transactions/min", database.transactions() - transactions)
          .put("server CPU ms/min", cpu.server() / 1e6);
    }
  }

  /**
   * Starts, and reads what a user interface would while the batch is processed, one call after
   * another.
   */
  void reads(Figures figures) throws InterruptedException {
    BatchId id = engine.history(HistoryQuery.all()).items().get(0).id();
    List<ItemQuery> pages = pages(id);
    Latencies status = new Latencies();
    Latencies history = new Latencies();
    Latencies items = new Latencies();
    Stopwatch drain = Stopwatch.start();
    engine.start();
    while (!engine.status(id).isTerminal()) {
      ItemQuery page = pages.get(items.count() * 7919 % pages.size());
      status.time(() -> engine.status(id));
      history.time(() -> engine.history(HistoryQuery.all()));
      items.time(() -> engine.items(id, page));
      Thread.sleep(1);
    }
    figures.put("drain/s", engine.status(id).counts().total() / drain.seconds());
    status.addTo(figures, "status");
    history.addTo(figures, "history");
    items.addTo(figures, "items");
  }

  /** Pages all over the batch. */
  private List<ItemQuery> pages(BatchId id) {
    List<ItemQuery> pages = new ArrayList<>();
    Optional<String> cursor = Optional.empty();
    do {
      pages.add(cursor.map(ItemQuery.all()::after).orElse(ItemQuery.all()));
      ItemQuery query = ItemQuery.all().limit(1_000);
      cursor = engine.items(id, cursor.map(query::after).orElse(query)).next();
    } while (cursor.isPresent());
    return pages;
  }

  @Override
  public void close() {
    engines.forEach(BatchEngine::close);
  }
}
