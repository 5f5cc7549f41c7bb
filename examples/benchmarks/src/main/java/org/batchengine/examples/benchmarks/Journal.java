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
import java.util.List;

/** Which items start and finish, in a file that outlives a kill of the process. */
final class Journal {
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
