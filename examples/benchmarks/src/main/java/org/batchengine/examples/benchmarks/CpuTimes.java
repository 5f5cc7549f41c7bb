package org.batchengine.examples.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where the time of the machine's processors went, in nanoseconds. All but the first two are known
 * on Linux only, and zero elsewhere.
 *
 * @param own this JVM
 * @param compiling how long its compilers were at work, waits for a processor included
 * @param server the database server's processes
 * @param foreign what is neither the server, nor this program, nor the kernel's own threads: other
 *     programs, and other machines on the same host
 * @param idle nothing, or waiting for a disk
 * @param total the sum over all processors
 */
record CpuTimes(long own, long compiling, long server, long foreign, long idle, long total) {
  private static final Path PROC = Path.of("/proc");
  private static final long NANOS_A_TICK = 10_000_000;
  private static final long KERNEL_THREADS = 2;

  /** Fields of the line of all processors. */
  private static final int IDLE = 3;

  private static final int WAITS_FOR_DISK = 4;
  private static final int INTERRUPTS = 5;
  private static final int STOLEN = 7;

  /** Fields of a process, counted from its state. */
  private static final int PARENT = 1;

  private static final int USER = 11;
  private static final int SYSTEM = 12;
  private static final int REAPED_USER = 13;
  private static final int REAPED_SYSTEM = 14;

  /** The ticks of a process, and of its children that have ended. */
  private record Ticks(long parent, long own) {}

  /** Since the machine and its processes started; {@code server} is the server's first process. */
  static CpuTimes now(long server) throws IOException {
    long own = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    long compiling = ManagementFactory.getCompilationMXBean().getTotalCompilationTime() * 1_000_000;
    if (!Files.exists(PROC.resolve("stat"))) {
      return new CpuTimes(own, compiling, 0, 0, 0, 0);
    }
    Map<Long, Ticks> processes = processes();
    long[] machine = fields(Files.readAllLines(PROC.resolve("stat")).get(0).substring(3).trim());
    long idle = machine[IDLE] + machine[WAITS_FOR_DISK];
    long busy = Arrays.stream(machine).limit(INTERRUPTS).sum() - idle + machine[STOLEN];
    long program =
        ProcessHandle.current().parent().orElse(ProcessHandle.current()).pid(); // starts trials
    long servers = sum(processes, Set.of(server));
    long known = sum(processes, Set.of(server, program, KERNEL_THREADS));
    return new CpuTimes(
        own,
        compiling,
        servers * NANOS_A_TICK,
        (busy - known) * NANOS_A_TICK,
        idle * NANOS_A_TICK,
        (busy + idle) * NANOS_A_TICK);
  }

  /** The ticks of these processes and all that descend from them. */
  private static long sum(Map<Long, Ticks> processes, Set<Long> roots) {
    Set<Long> found = new HashSet<>(roots);
    boolean grew = true;
    while (grew) {
      grew = false;
      for (Map.Entry<Long, Ticks> each : processes.entrySet()) {
        grew |= found.contains(each.getValue().parent) && found.add(each.getKey());
      }
    }
    return processes.entrySet().stream()
        .filter(each -> found.contains(each.getKey()))
        .mapToLong(each -> each.getValue().own)
        .sum();
  }

  /** Looks twice: the ticks of a process that ends meanwhile could be seen nowhere. */
  private static Map<Long, Ticks> processes() throws IOException {
    Map<Long, Ticks> found = scan();
    Map<Long, Ticks> again = scan();
    while (!again.keySet().equals(found.keySet())) {
      found = again;
      again = scan();
    }
    return again;
  }

  private static Map<Long, Ticks> scan() throws IOException {
    Map<Long, Ticks> found = new HashMap<>();
    try (Stream<Path> entries = Files.list(PROC)) {
      for (Path entry : entries.toList()) {
        String name = entry.getFileName().toString();
        if (Character.isDigit(name.charAt(0))) {
          readTicks(entry.resolve("stat"), Long.parseLong(name), found);
        }
      }
    }
    return found;
  }

  private static void readTicks(Path file, long id, Map<Long, Ticks> found) {
    try {
      String line = Files.readString(file);
      long[] fields = fields("0" + line.substring(line.lastIndexOf(')') + 3));
      found.put(
          id,
          new Ticks(
              fields[PARENT],
              fields[USER] + fields[SYSTEM] + fields[REAPED_USER] + fields[REAPED_SYSTEM]));
    } catch (IOException ended) {
      // A process that ended meanwhile: its parent has its ticks now.
    }
  }

  private static long[] fields(String line) {
    return Arrays.stream(line.split("\\s+"))
        .limit(REAPED_SYSTEM + 1)
        .mapToLong(Long::parseLong)
        .toArray();
  }

  CpuTimes since(CpuTimes before) {
    return new CpuTimes(
        own - before.own,
        compiling - before.compiling,
        server - before.server,
        Math.max(0, foreign - before.foreign),
        idle - before.idle,
        total - before.total);
  }

  /** How much of the machine others used, in percent. */
  double foreignPercent() {
    return total == 0 ? 0 : 100.0 * foreign / total;
  }

  /** Per item, in microseconds. */
  void addTo(Figures figures, int items) {
    double each = 1e3 * items;
    figures.put("CPU us/item", own / each).put("compiling us/item", compiling / each);
    if (server > 0) {
      figures.put("server CPU us/item", server / each);
    }
    figures.put("CPU idle us/item", idle / each).put("foreign CPU us/item", foreign / each);
  }

  @Override
  public String toString() {
    return "CPU s: JVM %.1f, its compilers %.1f, server %.1f, idle %.1f, foreign %.1f (%.1f %% of all)"
        .formatted(
            own / 1e9, compiling / 1e9, server / 1e9, idle / 1e9, foreign / 1e9, foreignPercent());
  }
}
