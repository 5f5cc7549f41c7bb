package org.batchengine.jdbc;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.batchengine.BatchEngine;
import org.batchengine.jdbc.database.TableNames;
import org.batchengine.model.BatchJob;
import org.batchengine.model.HistoryQuery;
import org.jdbi.v3.core.Jdbi;

/** A database of a soak, and the files of its nodes. */
final class SoakSite {
  private static final Duration SOON = Duration.ofMinutes(2);
  private static final List<String> TABLES =
      TableNames.ALL.stream()
          .filter(table -> !table.endsWith("schema"))
          .filter(table -> !table.endsWith("session") && !table.endsWith("renewal"))
          .filter(table -> !table.endsWith("event") && !table.endsWith("reader"))
          .filter(table -> !table.endsWith("limit"))
          .toList();

  private final Jdbi database;
  private final Path folder;
  private final SoakReport report;

  /** By id: the node's name. A session that is lost stays for longer than between two looks. */
  private final Map<Long, String> sessions = new HashMap<>();

  SoakSite(Jdbi database, Path folder, SoakReport report) throws IOException {
    this.database = database;
    this.folder = Files.createDirectories(folder);
    this.report = report;
  }

  Jdbi database() {
    return database;
  }

  Path folder() {
    return folder;
  }

  Path calls(String node) {
    return folder.resolve(node + ".calls");
  }

  Path notes(String node) {
    return folder.resolve(node + ".notes");
  }

  void lookAtSessions() {
    database.useHandle(
        handle ->
            handle
                .select("select id, host from batch_session")
                .mapToMap()
                .forEach(
                    row ->
                        sessions.put(
                            ((Number) row.get("id")).longValue(),
                            String.valueOf(row.get("host")))));
  }

  /**
   * Looks at all that has come of the batches, which must have ended, and forgets it.
   *
   * @param disturbances how often connections may have broken since the last time
   * @param started nodes that were started since then
   */
  void check(int disturbances, int started) {
    Map<String, Integer> byNode = new HashMap<>();
    sessions.values().forEach(node -> byNode.merge(node, 1, Integer::sum));
    byNode.put("", started); // those whose session nobody saw
    report.found(SoakCheck.check(database, folder, byNode, disturbances));
    sessions.clear();
  }

  /** Deletes all batches by the engine, and waits until nothing of them is left. */
  void removeAll(BatchEngine engine, boolean atOnce) {
    if (atOnce) {
      engine.deleteSubmittedBy(SoakLoad.OWNER);
    }
    List<BatchJob> left = engine.history(HistoryQuery.all().limit(100)).items();
    while (!left.isEmpty()) {
      left.forEach(job -> engine.delete(job.id()));
      left = engine.history(HistoryQuery.all().limit(100)).items();
    }
    try {
      await().atMost(SOON).until(() -> rows() == 0);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("what should be gone is there: " + remains(), e);
    }
    for (String outliving : List.of("soak_booking", "batch_event", "batch_reader")) {
      database.useHandle(handle -> handle.execute("delete from " + outliving));
    }
  }

  /** The first rows of each table, but for their payloads. */
  private String remains() {
    return database.withHandle(
        handle ->
            Stream.concat(TABLES.stream(), Stream.of("batch_session"))
                .map(
                    table ->
                        table
                            + " "
                            + handle.select("select * from " + table).mapToMap().stream()
                                .limit(3)
                                .toList())
                .collect(Collectors.joining("\n")));
  }

  /** Of all tables but those of sessions and events. */
  long rows() {
    return database.withHandle(
        handle ->
            TABLES.stream()
                .mapToLong(
                    table -> handle.select("select count(*) from " + table).mapTo(Long.class).one())
                .sum());
  }

  /** What is not at its end, for a message. */
  Set<String> live() {
    return new HashSet<>(
        database.withHandle(
            handle ->
                handle
                    .select(
                        "select name || ' ' || type || ' ' || state || ' chunks '"
                            + " || (select count(*) from batch_chunk c where c.batch_no = j.batch_no)"
                            + " || ' parked '"
                            + " || (select count(*) from batch_parked p where p.batch_no = j.batch_no)"
                            + " from batch_job j where ended_at is null and id is not null")
                    .mapTo(String.class)
                    .list()));
  }
}
