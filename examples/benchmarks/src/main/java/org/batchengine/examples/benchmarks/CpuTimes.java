package org.batchengine.examples.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Where the time of the machine's processors went, in nanoseconds. What is of the whole machine is
 * known on Linux only, and zero elsewhere.
 *
 * @param own that of this JVM
 * @param compiling how long its compilers were at work, waits for a processor included
 * @param busy that of all that runs on the machine
 * @param idle that of nothing
 */
record CpuTimes(long own, long compiling, long busy, long idle) {
  private static final Path STAT = Path.of("/proc/stat");
  private static final long NANOS_A_TICK = 10_000_000;

  /** Fields of the line of all processors. */
  private static final int IDLE = 3;

  private static final int WAITS_FOR_DISK = 4;
  private static final int STEAL = 7;

  /** Since the machine, and this JVM, have started. */
  static CpuTimes now() throws IOException {
    long own = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    long compiling = ManagementFactory.getCompilationMXBean().getTotalCompilationTime() * 1_000_000;
    if (!Files.exists(STAT)) {
      return new CpuTimes(own, compiling, 0, 0);
    }
    String line = Files.readAllLines(STAT).get(0);
    long[] ticks =
        Arrays.stream(line.split(" +")).skip(1).limit(STEAL).mapToLong(Long::parseLong).toArray();
    long idle = (ticks[IDLE] + ticks[WAITS_FOR_DISK]) * NANOS_A_TICK;
    return new CpuTimes(own, compiling, Arrays.stream(ticks).sum() * NANOS_A_TICK - idle, idle);
  }

  CpuTimes since(CpuTimes before) {
    return new CpuTimes(
        own - before.own, compiling - before.compiling, busy - before.busy, idle - before.idle);
  }

  /** Per item, in microseconds. */
  void addTo(Figures figures, int items) {
    double each = 1e3 * items;
    figures
        .put("CPU us/item", own / each)
        .put("compiling us/item", compiling / each)
        .put("CPU of others us/item", Math.max(0, busy - own) / each)
        .put("CPU idle us/item", idle / each);
  }
}
