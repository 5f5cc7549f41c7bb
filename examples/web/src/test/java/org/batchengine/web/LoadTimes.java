package org.batchengine.web;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.batchengine.BatchRequest;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;

/**
 * Prints what a drain loses to clients: 500 open sockets and 50 requests a second, in the same
 * process, and what the clients get.
 */
final class LoadTimes {
  private static final int SOCKETS = 500;
  private static final int OF_A_VISITOR = 20;
  private static final int REQUESTS_A_SECOND = 50;
  private static final int ROUNDS = 7;
  private static final List<String> PATHS =
      List.of(
          "api/batch/history",
          "api/batch/stats",
          "api/batch/%s",
          "api/batch/%s/items?limit=100",
          "api/batch/%s/results",
          "api/metrics");

  private final Service service;
  private final HttpClient client = HttpClient.newHttpClient();
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private final List<Long> millis = Collections.synchronizedList(new ArrayList<>());

  private int complete;
  private long heapBeside;

  private LoadTimes(Service service) {
    this.service = service;
  }

  /**
   * Prints the figures.
   *
   * @param args how many items each drain has
   */
  public static void main(String[] args) throws Exception {
    int items = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    try (EmbeddedPostgres server = EmbeddedPostgres.start();
        Service service =
            new Service(
                server.getJdbcUrl("postgres", "postgres"),
                Files.createTempDirectory("load"),
                servlet ->
                    servlet.visitors(
                        request ->
                            Optional.ofNullable(request.getHeader("X-Visitor"))
                                .map(name -> Visitor.named(name).allTenants().may(Right.values()))),
                true)) {
      new LoadTimes(service).measure(items);
    }
  }

  /** A drain gets slower as tables grow, so each with clients stands between two without. */
  private void measure(int items) throws Exception {
    drained(items); // warm
    long heap = heap();
    double before = drained(items);
    double[] ratios = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      double beside = besideClients(items);
      double after = drained(items);
      ratios[round] = beside / ((before + after) / 2);
      System.out.printf(
          "drain, items/s: alone %.0f and %.0f, beside the clients %.0f: %.2f of the mean%n",
          before, after, beside, ratios[round]);
      before = after;
    }
    Arrays.sort(ratios);
    Collections.sort(millis);
    System.out.printf("the median of %d: %.2f%n", ROUNDS, ratios[ROUNDS / 2]);
    System.out.printf(
        "requests: %d, failed %d, p50 %d ms, p95 %d ms%n",
        sent.get(),
        failed.get(),
        millis.get(millis.size() / 2),
        millis.get((int) Math.ceil(0.95 * millis.size()) - 1));
    System.out.printf("sockets: %d, of which %d heard of both ends%n", ROUNDS * SOCKETS, complete);
    System.out.printf("heap, MiB: alone %d, at most %d with the clients' side%n", heap, heapBeside);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the clock
  private double besideClients(int items) throws Exception {
    List<Ears> ears = new ArrayList<>();
    for (int i = 0; i < SOCKETS; i++) {
      ears.add(
          Ears.ofSocket(
              service,
              "visitor-" + i / OF_A_VISITOR,
              "{\"type\":\"subscribe\",\"batches\":\"all\"}"));
    }
    for (Ears each : ears) {
      each.next(); // it says hello, and hears all that follows
    }
    BatchId shown = service.engine.submit(numbers(1_000));
    service.engine.await(shown);
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    clock.scheduleAtFixedRate(
        () -> send(shown), 0, 1_000_000 / REQUESTS_A_SECOND, TimeUnit.MICROSECONDS);
    double beside = drained(items);
    heapBeside = Math.max(heapBeside, heap());
    clock.shutdown();
    clock.awaitTermination(1, TimeUnit.MINUTES);
    for (Ears each : ears) {
      complete += each.hasHeard("batch:completed", 2) ? 1 : 0;
      each.close();
    }
    return beside;
  }

  private static BatchRequest<Integer> numbers(int items) {
    return BatchRequest.of(Service.SQUARE, IntStream.range(0, items).boxed());
  }

  /** Items a second from the first to the last. */
  private double drained(int items) throws InterruptedException {
    BatchJob job = service.engine.await(service.engine.submit(numbers(items)));
    Duration took = Duration.between(job.startedAt().orElseThrow(), job.endedAt().orElseThrow());
    return items / (took.toMillis() / 1_000.0);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // counted when it is complete
  private void send(BatchId shown) {
    int number = sent.getAndIncrement();
    long began = System.nanoTime();
    client
        .sendAsync(
            HttpRequest.newBuilder(
                    service.address(PATHS.get(number % PATHS.size()).formatted(shown)))
                .header("X-Visitor", "visitor-" + number % OF_A_VISITOR)
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .whenComplete(
            (answer, thrown) -> {
              if (thrown != null || answer.statusCode() != 200) {
                failed.incrementAndGet();
              }
              millis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
            });
  }

  private static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return (runtime.totalMemory() - runtime.freeMemory()) >> 20;
  }
}
