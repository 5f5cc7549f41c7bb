package org.batchengine.examples.benchmarks;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which items start and finish, in a file that outlives a kill of the process. */
final class Journal {
  private static final String LAST_AGAIN = "s to the last interrupted";

  private final DataOutputStream out;
  private final int alarmAfter;
  private final Runnable alarm;
  private int finished;

  /** An item's start or end, at so many milliseconds of the system's clock. */
  record Entry(int index, boolean isStart, long atMillis) {}

  /** Opens a journal that calls {@code alarm} when so many items have finished. */
  Journal(Path file, int alarmAfter, Runnable alarm) throws IOException {
    // Not buffered: what is written has left the process.
    out = new DataOutputStream(new FileOutputStream(file.toFile()));
    this.alarmAfter = alarmAfter;
    this.alarm = alarm;
  }

  synchronized void started(int index) {
    write(index, true);
  }

  synchronized void finished(int index) {
    write(index, false);
    if (++finished == alarmAfter) {
      alarm.run();
    }
  }

  private void write(int index, boolean isStart) {
    try {
      out.writeInt(index);
      out.writeBoolean(isStart);
      out.writeLong(System.currentTimeMillis());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What happened after a kill and a new start, by the journals of before and after. */
  static Figures recovered(Figures figures, List<Entry> before, List<Entry> after) {
    double startedAt = figures.take("started at");
    double openedAt = figures.take("opened at");
    List<Entry> starts = after.stream().filter(Entry::isStart).toList();
    figures.put("s to the first item", (starts.get(0).atMillis() - startedAt) / 1e3);
    again(figures, before, starts, startedAt);
    if (figures.values.containsKey(LAST_AGAIN)) {
      figures.put(
          "s from its opening to the last", figures.get(LAST_AGAIN) - (openedAt - startedAt) / 1e3);
    }
    return figures;
  }

  /** What a node did with the items of another one that was killed, by the journals of both. */
  static Figures takenOver(Figures figures, List<Entry> killed, List<Entry> other, long killedAt) {
    List<Entry> starts =
        other.stream().filter(entry -> entry.isStart() && entry.atMillis() >= killedAt).toList();
    again(figures, killed, starts, (double) killedAt);
    return figures;
  }

  /** How many of the interrupted items started again, and how long after that moment. */
  private static void again(
      Figures figures, List<Entry> before, List<Entry> starts, double sinceMillis) {
    Set<Integer> finished = new HashSet<>();
    Set<Integer> interrupted = new HashSet<>();
    for (Entry entry : before) {
      if (entry.isStart()) {
        interrupted.add(entry.index());
      } else {
        finished.add(entry.index());
        interrupted.remove(entry.index());
      }
    }
    double[] again =
        starts.stream()
            .filter(entry -> interrupted.contains(entry.index()))
            .mapToDouble(entry -> (entry.atMillis() - sinceMillis) / 1e3)
            .toArray();
    figures.put("interrupted", interrupted.size()).put("interrupted that ran again", again.length);
    if (again.length > 0) {
      figures.put("s to the first interrupted", again[0]).put(LAST_AGAIN, again[again.length - 1]);
    }
    figures.put(
        "finished that ran again",
        Math.toIntExact(starts.stream().filter(entry -> finished.contains(entry.index())).count()));
  }

  static List<Entry> read(Path file) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
      while (true) {
        entries.add(new Entry(in.readInt(), in.readBoolean(), in.readLong()));
      }
    } catch (EOFException e) {
      return entries;
    }
  }
}
