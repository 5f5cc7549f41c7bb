package org.batchengine.jdbc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.batchengine.jdbc.SoakLoad.Note;
import org.batchengine.jdbc.SoakWork.CallLog;
import org.batchengine.jdbc.SoakWork.CallLog.Call;
import org.batchengine.jdbc.SoakWork.Kind;
import org.batchengine.model.BatchId;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.result.RowView;
import org.jspecify.annotations.Nullable;

/**
 * Looks at what has come of a soak's batches, when all of them have ended: at all rows, at what the
 * hosts were told, and at the calls.
 */
final class SoakCheck {
  /** An innocent item is taken for a killer after four sessions that were lost with it at least. */
  private static final int LOSSES_OF_A_KILLER = 4;

  /** The first, and those at no charge. */
  private static final int CALLS_UNDONE = 1 + 10;

  private static final String ITEMS =
      """
      select i.item_id, i.input, o.state, o.attempts, o.output,
        (select count(*) from batch_error e
          where e.item_id = i.item_id and e.type = 'NODE_CRASH') as crashes,
        (select count(*) from soak_booking b where b.input = i.input) as bookings
      from batch_item i join batch_outcome o on o.item_id = i.item_id
      order by i.item_id
      """;

  private static final String BATCHES =
      """
      select batch_no, id, name, description, type, state, total, run,
        (select count(*) from batch_event e where e.batch_no = j.batch_no
          and e.kind in ('COMPLETED', 'FAILED', 'CANCELLED')) as ends
      from batch_job j where id is not null
      """;

  private static final int MOST_TOLD = 20;

  private final Jdbi database;
  private final Path folder;

  /** By node: sessions that it had, one if it is not named. */
  private final Map<String, Integer> sessions;

  /** How often connections may have broken. */
  private final int disturbances;

  private final List<String> violations = new ArrayList<>();
  private final Map<Note, Set<String>> notes = new EnumMap<>(Note.class);
  private final Map<Long, Batch> batches = new HashMap<>();
  private final Map<Long, Batch> byKey = new HashMap<>();
  private final Map<String, Long> outcomes = new TreeMap<>();
  private long items;
  private long calls;
  private long repeats;
  private long takenForKillers;

  private SoakCheck(Jdbi database, Path folder, Map<String, Integer> sessions, int disturbances) {
    this.database = database;
    this.folder = folder;
    this.sessions = sessions;
    this.disturbances = disturbances;
    for (Note note : Note.values()) {
      notes.put(note, new HashSet<>());
    }
  }

  /** What was found; counts are of the batches that were there. */
  record Findings(
      List<String> violations,
      long batches,
      long items,
      long calls,
      long repeats,
      long takenForKillers,
      Map<String, Long> outcomes) {}

  /** Looks at everything since the last time. The hosts' notes and calls are gone then. */
  static Findings check(
      Jdbi database, Path folder, Map<String, Integer> sessions, int disturbances) {
    return new SoakCheck(database, folder, sessions, disturbances).check();
  }

  private static final class Batch {
    final String id;
    final String name;
    final String type;
    final String state;
    final boolean mayBeCancelled;
    final int total;
    int settled;
    final int[] attempts;
    final int[] calls;
    final long[] firstCalls;
    final BitSet succeeded = new BitSet();

    Batch(String id, String name, String type, String state, boolean mayBeCancelled, int total) {
      this.id = id;
      this.name = name;
      this.type = type;
      this.state = state;
      this.mayBeCancelled = mayBeCancelled;
      this.total = total;
      attempts = new int[total];
      calls = new int[total];
      firstCalls = new long[total];
    }

    @Override
    public String toString() {
      return "batch " + name + " (" + id + ", " + type + ", " + state + ")";
    }
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation is in no dependency
  private void violation(boolean is, String format, Object... values) {
    if (is) {
      if (violations.size() < MOST_TOLD) {
        violations.add(format.formatted(values));
      } else if (violations.size() == MOST_TOLD) {
        violations.add("and more");
      }
    }
  }

  private Findings check() {
    violations.addAll(SqlInvariants.violations(database));
    readNotes();
    database.useHandle(
        handle -> {
          readBatches(handle);
          readItems(handle);
          lookAtBookings(handle);
        });
    lookAtNotes();
    readCalls();
    lookAtCalls();
    return new Findings(
        violations, batches.size(), items, calls, repeats, takenForKillers, outcomes);
  }

  private List<Path> files(String ending) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(file -> file.toString().endsWith(ending)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void readNotes() {
    for (Path file : files(".notes")) {
      for (String line : taken(file).lines().toList()) {
        int space = line.indexOf(' ');
        notes.get(Note.valueOf(line.substring(0, space))).add(line.substring(space + 1));
      }
    }
    notes.forEach((note, what) -> outcomes.merge("told " + note, (long) what.size(), Long::sum));
    notes.get(Note.WRONG).forEach(wrong -> violation(true, "a host was told: %s", wrong));
  }

  /** What is in the file; its writers begin anew. */
  private static String taken(Path file) {
    return new String(takenBytes(file), StandardCharsets.UTF_8);
  }

  private static byte[] takenBytes(Path file) {
    try {
      byte[] all = Files.readAllBytes(file);
      Files.write(file, new byte[0]); // what is open for adding stays so
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void readBatches(Handle handle) {
    handle
        .createQuery(BATCHES)
        .reduceRows(
            new HashSet<String>(),
            (names, row) -> {
              Batch batch = readBatch(row);
              violation(!names.add(batch.name), "%s is there twice", batch);
              return names;
            });
  }

  private Batch readBatch(RowView row) {
    UUID id = row.getColumn("id", UUID.class);
    String description = row.getColumn("description", String.class);
    boolean isTolerant = !description.endsWith("intolerant");
    boolean isCancelled = notes.get(Note.CANCELS).contains(id.toString());
    Batch batch =
        new Batch(
            id.toString(),
            row.getColumn("name", String.class),
            row.getColumn("type", String.class),
            row.getColumn("state", String.class),
            isCancelled || !isTolerant,
            row.getColumn("total", Integer.class));
    batches.put(row.getColumn("batch_no", Long.class), batch);
    byKey.put(CallLog.key(BatchId.of(id)), batch);
    outcomes.merge("batches " + batch.state, 1L, Long::sum);
    int run = row.getColumn("run", Integer.class);
    int ends = row.getColumn("ends", Integer.class);
    violation(run != ends, "I7 %s has %d ends in run %d", batch, ends, run);
    violation(
        !description.split(" ", 2)[0].equals(String.valueOf(batch.total)),
        "I2 %s has %d items of %s",
        batch,
        batch.total,
        description);
    violation(batch.state.equals("FAILED") && isTolerant, "%s tolerates failures", batch);
    violation(batch.state.equals("CANCELLED") && !isCancelled, "%s: by nobody", batch);
    return batch;
  }

  private void readItems(Handle handle) {
    handle
        .createQuery(ITEMS)
        .setFetchSize(5_000)
        .reduceRows(
            0,
            (none, row) -> {
              readItem(row);
              return none;
            });
    batches
        .values()
        .forEach(
            batch ->
                violation(
                    batch.settled != batch.total,
                    "I1 %s has %d outcomes of %d items",
                    batch,
                    batch.settled,
                    batch.total));
  }

  private void readItem(RowView row) {
    long itemId = row.getColumn("item_id", Long.class);
    int index = (int) (itemId & Integer.MAX_VALUE);
    Batch batch = batches.get(itemId >> 31);
    if (batch == null || index >= batch.total) {
      return; // it is being removed
    }
    items++;
    batch.settled++;
    batch.attempts[index] = row.getColumn("attempts", Integer.class);
    String input = row.getColumn("input", String.class);
    String state = row.getColumn("state", String.class);
    String output = row.getColumn("output", String.class);
    boolean crashed = row.getColumn("crashes", Long.class) > 0;
    long bookings = row.getColumn("bookings", Long.class);
    Kind kind = Kind.valueOf(input.substring(input.lastIndexOf('/') + 1).toUpperCase(Locale.ROOT));
    String what =
        "item %s of %s: %s after attempt %d".formatted(input, batch, state, batch.attempts[index]);
    outcomes.merge("items " + state, 1L, Long::sum);
    batch.succeeded.set(index, state.equals("SUCCEEDED"));
    violation(!input.equals(SoakWork.input(batch.name, index, kind)), "I3 %d: %s", index, what);
    violation(
        state.equals("SUCCEEDED") && !SoakWork.output(input).equals(output),
        "I3 %s has output %s",
        what,
        output);
    violation(
        bookings != (batch.type.equals("soak.booked") && state.equals("SUCCEEDED") ? 1 : 0),
        "I3 %s is booked %d times",
        what,
        bookings);
    if (state.equals("CANCELLED")) {
      violation(!batch.mayBeCancelled, "%s, by nobody", what);
    } else if (state.equals("FAILED") && crashed && kind != Kind.KILLER) {
      takenForKillers++;
      violation(losses() < LOSSES_OF_A_KILLER, "%s as a killer, and it is none", what);
    } else {
      violation(!isRight(kind, state, batch.attempts[index], crashed), "%s", what);
    }
  }

  private static boolean isRight(Kind kind, String state, int attempts, boolean crashed) {
    return switch (kind) {
      case FINE, SLOW, FLAKY, LATER, STUCK -> state.equals("SUCCEEDED");
      case SKIPPED -> state.equals("SKIPPED");
      case BAD, HOPELESS -> state.equals("FAILED");
      case MENDED -> state.equals(attempts > SoakWork.ATTEMPTS ? "SUCCEEDED" : "FAILED");
      case KILLER -> state.equals("FAILED") && crashed;
    };
  }

  private int losses() {
    return sessions.values().stream().mapToInt(Integer::intValue).sum();
  }

  private void lookAtBookings(Handle handle) {
    long doubles =
        handle
            .select(
                "select count(*) from (select input from soak_booking group by input having count(*) > 1) d")
            .mapTo(Long.class)
            .one();
    violation(doubles > 0, "I3 %d items are booked more than once", doubles);
  }

  private void lookAtNotes() {
    Set<String> there = new HashSet<>();
    Set<String> names = new HashSet<>();
    batches
        .values()
        .forEach(
            batch -> {
              there.add(batch.id);
              names.add(batch.name);
            });
    for (String id : notes.get(Note.SUBMITTED)) {
      violation(
          !there.contains(id) && !notes.get(Note.DELETES).contains(id),
          "I3 batch %s was submitted and is gone",
          id);
    }
    for (String name : notes.get(Note.REFUSED)) {
      violation(names.contains(name), "batch %s is there, and was refused", name);
    }
  }

  private void readCalls() {
    Set<Long> deleted = new HashSet<>();
    notes.get(Note.DELETES).forEach(id -> deleted.add(CallLog.key(BatchId.of(id))));
    for (Path file : files(".calls")) {
      String node = file.getFileName().toString().replace(".calls", "");
      Map<Long, Map<Long, Integer>> ofThisNode = new HashMap<>();
      ByteBuffer all = ByteBuffer.wrap(takenBytes(file));
      while (all.remaining() >= CallLog.CALL_BYTES) {
        Call call = Call.read(all);
        Batch batch = byKey.get(call.batch());
        calls++;
        if (batch == null) {
          violation(
              !deleted.contains(call.batch()), "K4 %s was called, of no batch that there is", call);
        } else {
          note(call, batch);
          ofThisNode
              .computeIfAbsent(call.batch(), none -> new HashMap<>())
              .merge(((long) call.index() << 32) | call.attempt(), 1, Integer::sum);
        }
      }
      lookAtNode(node, ofThisNode);
    }
  }

  private static void note(Call call, Batch batch) {
    int index = call.index();
    if (batch.calls[index]++ == 0 || call.nanos() < batch.firstCalls[index]) {
      batch.firstCalls[index] = call.nanos();
    }
  }

  /**
   * A session calls an attempt once. An item whose transaction the database undoes is called again,
   * ten times at no charge.
   */
  private void lookAtNode(String node, Map<Long, Map<Long, Integer>> called) {
    int most = sessions.getOrDefault(node, 1);
    called.forEach(
        (key, counts) -> {
          Batch batch = byKey.get(key);
          int allowed = isBooked(batch) ? CALLS_UNDONE * (most + disturbances) : most;
          counts.forEach(
              (call, times) ->
                  violation(
                      times > allowed,
                      "I6 %s called item %d of %s %d times in attempt %d, in %d sessions",
                      node,
                      call >> 32,
                      batch,
                      times,
                      call.intValue(),
                      most));
        });
  }

  private static boolean isBooked(@Nullable Batch batch) {
    return batch != null && batch.type.equals("soak.booked");
  }

  private void lookAtCalls() {
    int lost = losses() + disturbances;
    for (Batch batch : batches.values()) {
      for (int index = 0; index < batch.total; index++) {
        int more = batch.calls[index] - batch.attempts[index];
        repeats += Math.max(0, more);
        violation(
            batch.calls[index] == 0 && batch.succeeded.get(index),
            "I3 item %d of %s succeeded and was never called",
            index,
            batch);
        violation(
            more > (isBooked(batch) ? CALLS_UNDONE * lost : lost),
            "I6 item %d of %s was called %d times more than tried",
            index,
            batch,
            more);
      }
      if (batch.type.equals("soak.in-order")) {
        lookAtOrder(batch);
      }
    }
  }

  private void lookAtOrder(Batch batch) {
    long last = Long.MIN_VALUE;
    for (int index = 0; index < batch.total; index++) {
      if (batch.calls[index] > 0) {
        violation(
            batch.firstCalls[index] < last, "item %d of %s was called out of order", index, batch);
        last = batch.firstCalls[index];
      }
    }
  }
}
