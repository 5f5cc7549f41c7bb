package org.batchengine.jdbc;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.EngineHealth;
import org.batchengine.model.RetryPolicy;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A stranger holds rows for three expiries, while two nodes work on a batch that has nothing to do
 * with them. What counts is what is settled of it.
 */
@Timeout(60)
abstract class LockedNodesContract {
  private static final JobType<String, String> UNRELATED =
      JobType.of("unrelated", String.class, String.class);
  private static final JobType<String, String> HELD =
      JobType.of("held", String.class, String.class);
  private static final Duration EXPIRY = Duration.ofSeconds(2);
  private static final Duration HELD_FOR = EXPIRY.multipliedBy(3);
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final int ITEMS = 50_000;

  private final Supplier<HostDatabase> opener;
  private final List<BatchEngine> nodes = new ArrayList<>();
  private final List<Handle> strangers = new ArrayList<>();
  private final CountDownLatch begun = new CountDownLatch(3);
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private HostDatabase host;

  LockedNodesContract(Supplier<HostDatabase> opener) {
    this.opener = opener;
  }

  @BeforeEach
  void startNodes() {
    host = opener.get();
    for (int i = 0; i < 2; i++) {
      String name = "node-" + i;
      nodes.add(
          host.engine(
              builder ->
                  builder
                      .node(name)
                      .sessionExpiry(EXPIRY)
                      .drainTimeout(Duration.ofSeconds(1))
                      .register(
                          UNRELATED,
                          LockedNodesContract::work,
                          JobOptions.defaults().concurrency(2).claim(1, 50))
                      .register(
                          HELD,
                          this::held,
                          JobOptions.defaults()
                              .concurrency(3)
                              .retry(RetryPolicy.fixed(Duration.ofMillis(1)).maxRetries(3)))));
    }
  }

  @AfterEach
  void stopNodes() {
    mayEnd.countDown();
    letGo();
    try (HostDatabase closing = host) {
      nodes.forEach(BatchEngine::close);
      assertThat(closing.violations()).isEmpty();
    }
  }

  private static String work(String input) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    return input;
  }

  /** Waits until its row is locked. */
  private String held(String input, ItemContext context) throws InterruptedException {
    if (input.equals("fails first") && context.attempt() == 1) {
      throw new IllegalStateException("as it should");
    }
    begun.countDown();
    mayEnd.await();
    return input;
  }

  void submitUnrelated() {
    nodes.get(0).submit(UNRELATED, IntStream.range(0, ITEMS).mapToObj(i -> "item " + i).toList());
    Settled none = new Settled(sessions().stream().collect(toMap(id -> id, id -> 0L)), 0);
    await().atMost(SOON).until(() -> sessions().size() == 2 && settled().allAreBeyond(none));
  }

  /** How many items of the unrelated batch each session has settled. */
  record Settled(Map<Long, Long> bySession, long at) {
    boolean allAreBeyond(Settled before) {
      return bySession.size() == 2
          && bySession.entrySet().stream()
              .allMatch(each -> each.getValue() > before.bySession.getOrDefault(each.getKey(), 0L));
    }

    double perSecond(long session, Settled since) {
      return (bySession.getOrDefault(session, 0L) - since.bySession.getOrDefault(session, 0L))
          * 1e9
          / (at - since.at);
    }
  }

  Settled settled() {
    Map<Long, Long> sums =
        host
            .jdbi()
            .withHandle(
                handle ->
                    handle
                        .select(
                            """
                            select p.session_id, p.succeeded from batch_progress p
                            join batch_job j on j.batch_no = p.batch_no and j.type = 'unrelated'
                            """)
                        .map((row, context) -> Map.entry(row.getLong(1), row.getLong(2)))
                        .list())
            .stream()
            .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
    return new Settled(sums, System.nanoTime());
  }

  List<Long> sessions() {
    return host.jdbi()
        .withHandle(
            handle ->
                handle.select("select id from batch_session order by id").mapTo(Long.class).list());
  }

  /** Runs a statement that locks something, in a transaction that stays open. */
  void stranger(String sql, Object... arguments) {
    Handle stranger = host.jdbi().open();
    strangers.add(stranger);
    stranger.begin();
    stranger.execute(sql, arguments);
  }

  void letGo() {
    strangers.forEach(
        stranger -> {
          stranger.rollback();
          stranger.close();
        });
    strangers.clear();
  }

  /** What is held is held for so long. */
  void hold() {
    long begin = System.nanoTime();
    await()
        .pollInterval(Duration.ofMillis(100))
        .atMost(SOON)
        .until(() -> System.nanoTime() - begin >= HELD_FOR.toNanos());
  }

  List<String> lockedRows() {
    return nodes.stream().flatMap(node -> node.health().lockedRows().stream()).distinct().toList();
  }

  private Settled rateBefore() {
    Settled begin = settled();
    await().atMost(SOON).until(() -> System.nanoTime() - begin.at() >= 1_000_000_000L);
    return begin;
  }

  /** On a machine with other work a rate is what it is: half of it would be two nodes' less one. */
  private static void isNoSlower(long session, Settled[] marks) {
    assertThat(marks[2].perSecond(session, marks[1]))
        .as("settled of the unrelated batch a second while rows are held, by session %d", session)
        .isGreaterThan(0.6 * marks[1].perSecond(session, marks[0]));
  }

  private long number(BatchId id) {
    return host.jdbi()
        .withHandle(
            handle ->
                handle
                    .select("select batch_no from batch_job where id = ?", id.value())
                    .mapTo(Long.class)
                    .one());
  }

  @Test
  @DisplayName("FAULT-L1 rows of a job, a chunk and a parked item, held for three expiries")
  void rows() throws Exception {
    BatchId job = nodes.get(0).submit(HELD, List.of("of a locked job"));
    BatchId chunk = nodes.get(0).submit(HELD, List.of("in a locked chunk"));
    BatchId parked = nodes.get(0).submit(HELD, List.of("fails first"));
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    submitUnrelated();
    List<Long> sessions = sessions();
    stranger("update batch_job set name = 'x' where batch_no = ?", number(job));
    stranger("update batch_chunk set held = held where batch_no = ?", number(chunk));
    stranger("update batch_parked set held = held where batch_no = ?", number(parked));
    Settled begin = rateBefore();
    Settled locked = settled();
    mayEnd.countDown();
    hold();

    Settled[] marks = {begin, locked, settled()};
    sessions.forEach(session -> isNoSlower(session, marks));
    assertThat(sessions()).isEqualTo(sessions);
    assertThat(lockedRows())
        .containsExactlyInAnyOrder(
            "batch_job, batch_no " + number(job),
            "batch_chunk, batch_no %d, from_index 0".formatted(number(chunk)),
            "batch_parked, batch_no %d, item 0".formatted(number(parked)));
    assertThat(nodes).extracting(BatchEngine::health).allMatch(EngineHealth::isUp);
    letGo();
    for (BatchId id : List.of(job, chunk, parked)) {
      assertThat(nodes.get(0).await(id, SOON).state()).isEqualTo(BatchState.COMPLETED);
    }
    await().atMost(Duration.ofSeconds(15)).until(() -> lockedRows().isEmpty());
  }

  @Test
  @DisplayName("FAULT-L1 a session's row, held for three expiries, stops only its own node")
  void aSession() {
    submitUnrelated();
    List<Long> sessions = sessions();
    Settled begin = rateBefore();
    stranger("update batch_session set host = 'x' where id = ?", sessions.get(0));
    Settled locked = settled();
    hold();

    isNoSlower(sessions.get(1), new Settled[] {begin, locked, settled()});
    assertThat(sessions()).isEqualTo(sessions);
    assertThat(nodes).extracting(node -> node.health().isSessionLive()).containsOnly(true);
    assertThat(lockedRows()).anyMatch(row -> row.contains("batch_session, id " + sessions.get(0)));
    letGo();
    Settled free = settled();
    await().atMost(SOON).until(() -> settled().allAreBeyond(free));
    assertThat(sessions()).isEqualTo(sessions);
  }
}
