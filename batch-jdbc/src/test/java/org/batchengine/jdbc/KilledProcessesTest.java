package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobType;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nodes that are processes of their own are killed again and again, stopped, and told to end. The
 * profile {@code faults} does it more often, {@code -Dpostings=150000} with more postings.
 */
@Tag("PostgreSQL")
@Tag("faults")
@Timeout(600)
class KilledProcessesTest {
  private static final int ROUNDS = Integer.getInteger("faults.rounds", 3);
  private static final int POSTINGS = Integer.getInteger("postings", 20_000);
  private static final int CONCURRENCY = 4;
  private static final int EXPIRY_SECONDS = 2;
  private static final Duration SOON = Duration.ofMinutes(1);

  /** Kept if a test fails: what a killed process has left is not made again. */
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  private final List<Path> called = new ArrayList<>();
  private final List<NodeProcess> nodes = new ArrayList<>();

  /** How often each item was called and not settled when its node died. */
  private final Map<Integer, Integer> inFlight = new HashMap<>();

  private String url = "";

  @AfterEach
  void end() {
    nodes.forEach(NodeProcess::close);
    if (url.contains("postgresql")) {
      PostgresServer.drop(url);
    }
  }

  private NodeProcess node(int itemMillis) throws IOException {
    Path file = folder.resolve("called-" + called.size());
    Files.createFile(file);
    called.add(file);
    NodeProcess node = NodeProcess.start(url, CONCURRENCY, itemMillis, file, EXPIRY_SECONDS);
    nodes.add(node);
    return node;
  }

  private static List<Integer> indexes(Path called) throws IOException {
    return Files.readAllLines(called).stream().map(Integer::valueOf).toList();
  }

  private Jdbi database() {
    return url.startsWith("jdbc:h2:")
        ? Jdbi.create(H2Files.asOpened(url) + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE", "sa", "")
        : Jdbi.create(url);
  }

  private <I> void submit(JobType<I, ?> type, List<I> inputs) {
    try (BatchEngine client = BatchEngine.builder(JdbcBatchStore.open(url)).build()) {
      client.submit(BatchRequest.of(type, inputs));
    }
  }

  private static List<String> inputs(int count) {
    return IntStream.range(0, count).mapToObj(i -> "item " + i).toList();
  }

  private long count(String rows) {
    return database()
        .withHandle(
            handle -> handle.select("select count(*) from " + rows).mapTo(Long.class).one());
  }

  private boolean isEnded() {
    return count("batch_job where state = 'COMPLETED'") == 1;
  }

  private Set<Integer> settled() {
    return new HashSet<>(
        database()
            .withHandle(
                handle ->
                    handle
                        .select("select mod(item_id, 2147483648) from batch_outcome")
                        .mapTo(Integer.class)
                        .list()));
  }

  private void noteInFlight(Path calledByTheDead) throws IOException {
    Set<Integer> left = new HashSet<>(indexes(calledByTheDead));
    left.removeAll(settled());
    left.forEach(index -> inFlight.merge(index, 1, Integer::sum));
  }

  /** I1 to I7. */
  private void assertAllDone(int items) throws IOException {
    assertThat(SqlInvariants.violations(database())).isEmpty();
    assertThat(count("batch_event where kind = 'COMPLETED'")).as("I7").isOne();
    assertThat(settled()).as("I1").hasSize(items);
    assertThat(
            count(
                "batch_outcome where state = 'SUCCEEDED'"
                    + " and output <> 'done item ' || mod(item_id, 2147483648)"))
        .as("I3 outputs on other items")
        .isZero();
    long suspects = inFlight.values().stream().filter(deaths -> deaths > 1).count();
    assertThat(count("batch_outcome where state <> 'SUCCEEDED'"))
        .as("taken for killers, having died more than once")
        .isLessThanOrEqualTo(suspects);
    assertCalls();
  }

  private void assertCalls() throws IOException {
    Map<Integer, Integer> calls = new HashMap<>();
    for (Path file : called) {
      indexes(file).forEach(index -> calls.merge(index, 1, Integer::sum));
    }
    assertThat(calls)
        .as("I6")
        .allSatisfy(
            (index, times) ->
                assertThat(times)
                    .as("calls of item %d", index)
                    .isLessThanOrEqualTo(1 + inFlight.getOrDefault(index, 0)));
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = 20261121)
  @DisplayName("FAULT-K1 kill -9 at random moments, one node after the other, on PostgreSQL")
  void onPostgres(long seed) throws Exception {
    url = PostgresServer.freshDatabase();
    killAtRandom(new Random(seed));
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = 20261122)
  @DisplayName("FAULT-K1 FAULT-H1 kill -9 at random moments, one node after the other, on H2")
  void onH2(long seed) throws Exception {
    url = "jdbc:h2:" + folder.resolve("killed").toAbsolutePath();
    killAtRandom(new Random(seed));
  }

  private void killAtRandom(Random random) throws Exception {
    int items = ROUNDS * 120 + 100;
    submit(NodeProgram.WORK, inputs(items));
    Set<Integer> settledBefore = Set.of();
    for (int round = 0; round < ROUNDS; round++) {
      NodeProcess victim = node(4);
      victim.awaitCalls(1 + random.nextInt(120));
      victim.kill();
      Set<Integer> settled = settled();
      assertThat(settled).as("I3 settled for good").containsAll(settledBefore);
      settledBefore = settled;
      noteInFlight(called.get(called.size() - 1));
    }
    NodeProcess last = node(1);
    if (url.startsWith("jdbc:h2:")) {
      // No other process can look before it has ended, which it does after what runs.
      last.awaitCalls(items - settledBefore.size());
      assertThat(last.terminate(60)).isTrue();
      try (BatchEngine rest =
          BatchEngine.builder(JdbcBatchStore.open(url))
              .register(NodeProgram.WORK, input -> "done " + input)
              .start()) {
        await().atMost(SOON).until(this::isEnded);
      }
    } else {
      await().atMost(SOON).until(this::isEnded);
    }
    assertAllDone(items);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  @DisplayName("FAULT-K1 several nodes on one database, of which one is killed every second")
  void oneOfSeveral(int count) throws Exception {
    url = PostgresServer.freshDatabase();
    int items = ROUNDS * 150 + 300;
    submit(NodeProgram.WORK, inputs(items));
    Deque<NodeProcess> alive = new ArrayDeque<>();
    Deque<Path> theirs = new ArrayDeque<>();
    for (int i = 0; i < count; i++) {
      alive.add(node(10));
      theirs.add(called.get(called.size() - 1));
    }
    alive.forEach(node -> node.next(NodeProgram.STARTED));
    for (int kill = 0; kill < ROUNDS; kill++) {
      await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
      alive.remove().kill();
      noteInFlight(theirs.remove());
      alive.add(node(10));
      theirs.add(called.get(called.size() - 1));
    }
    await().atMost(SOON).until(this::isEnded);
    assertAllDone(items);
  }

  @Test
  @DisplayName("FAULT-Z1 a node that stood still for longer than its session writes nothing more")
  void standsStill() throws Exception {
    url = PostgresServer.freshDatabase();
    int items = 120;
    submit(NodeProgram.WORK, inputs(items));
    NodeProcess sleeper = node(20);
    sleeper.awaitCalls(20);
    sleeper.stop();
    noteInFlight(called.get(0));
    node(1);
    await().atMost(SOON).until(this::isEnded);
    long sessions = count("batch_session");
    sleeper.goOn();
    await().atMost(SOON).until(() -> count("batch_session") > sessions); // it has a new one
    assertThat(sleeper.isAlive()).isTrue();
    submit(NodeProgram.WORK, inputs(1));
    await().atMost(SOON).until(() -> count("batch_job where state = 'COMPLETED'") == 2);
    assertThat(count("batch_event where kind = 'COMPLETED'")).as("I7").isEqualTo(2);
    assertThat(count("batch_outcome where state = 'SUCCEEDED'")).isEqualTo(items + 1);
    assertThat(SqlInvariants.violations(database())).as("I4").isEmpty();
  }

  @Test
  @DisplayName("FAULT-Z2 a node stands still inside a transaction, which is not in others' way")
  void standsStillInATransaction() throws Exception {
    url = PostgresServer.freshDatabase();
    database().useHandle(handle -> handle.execute("create table booking (item int not null)"));
    submit(NodeProgram.BOOK, IntStream.range(0, 6).boxed().toList());
    NodeProcess sleeper = node(1_000);
    sleeper.awaitCalls(1);
    sleeper.stop();
    node(1);
    await().atMost(SOON).until(this::isEnded);
    sleeper.goOn();
    await().atMost(SOON).until(() -> count("batch_session") == 2);
    List<Integer> booked =
        database()
            .withHandle(
                handle ->
                    handle
                        .select("select item from booking order by item")
                        .mapTo(Integer.class)
                        .list());
    assertThat(booked).as("I3 each is booked once").containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(SqlInvariants.violations(database())).isEmpty();
  }

  @Test
  @DisplayName("FAULT-K1 REQ-X3 postings in transactions of a chunk, whose node is killed")
  void postings() throws Exception {
    url = PostgresServer.freshDatabase();
    database().useHandle(handle -> handle.execute("create table booking (item int not null)"));
    submit(NodeProgram.POST, IntStream.range(0, POSTINGS).boxed().toList());
    NodeProcess victim = node(1);
    victim.awaitCalls(POSTINGS / NodeProgram.POSTED_AT_ONCE / 2);
    victim.kill();
    assertThat(count("booking")).isEqualTo(count("batch_outcome")).isBetween(1L, POSTINGS - 1L);
    node(1);
    await().atMost(SOON).until(this::isEnded);

    assertThat(count("booking")).isEqualTo(POSTINGS);
    assertThat(count("(select distinct item from booking) booked")).isEqualTo(POSTINGS);
    assertThat(count("batch_outcome where state = 'SUCCEEDED'")).isEqualTo(POSTINGS);
    assertThat(SqlInvariants.violations(database())).isEmpty();
  }

  @Test
  @DisplayName("FAULT-K5 FAULT-K6 SIGTERM, twice, drains for longer than the session, once each")
  void drains() throws Exception {
    url = PostgresServer.freshDatabase();
    submit(NodeProgram.WORK, inputs(40));
    NodeProcess leaving = node(5_000);
    leaving.awaitCalls(CONCURRENCY);
    leaving.askToEnd();
    NodeProcess other = node(1);
    other.next(NodeProgram.STARTED);
    leaving.askToEnd();
    assertThat(leaving.terminate(30)).as("drained").isTrue();
    await().atMost(SOON).until(this::isEnded);
    assertAllDone(40);
  }

  @Test
  @DisplayName("FAULT-K5 a node that drains is killed all the same")
  void isKilledWhileItDrains() throws Exception {
    url = PostgresServer.freshDatabase();
    submit(NodeProgram.WORK, inputs(40));
    NodeProcess leaving = node(5_000);
    leaving.awaitCalls(CONCURRENCY);
    leaving.askToEnd();
    leaving.kill();
    noteInFlight(called.get(0));
    node(1);
    await().atMost(SOON).until(this::isEnded);
    assertAllDone(40);
  }

  @Test
  @DisplayName("FAULT-U2 five processes start on an empty database")
  void startTogether() throws Exception {
    url = PostgresServer.freshDatabase();
    List<NodeProcess> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(node(1));
    }
    all.forEach(node -> node.next(NodeProgram.STARTED));
    assertThat(count("batch_schema")).isOne();
  }
}
