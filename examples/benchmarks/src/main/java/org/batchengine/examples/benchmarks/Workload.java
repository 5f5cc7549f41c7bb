package org.batchengine.examples.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.batchengine.examples.benchmarks.Trial.Part;

/** The questions that are put to the contestants. */
enum Workload {
  W1("items that do nothing", List.of(100_000, 1_000_000)) {
    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.trial(Part.WHOLE, 0, 0));
    }
  },

  W2("items of 20 ms, 64 at a time", List.of(5_000)) {
    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.trial(Part.WHOLE, 20, 64));
    }
  },

  W3("items of 20 ms, 64 at a time, killed at half and started again", List.of(5_000)) {
    @Override
    boolean takes(Contestants contestant) {
      return !contestant.family().equals("raw") && !contestant.family().equals("spring-batch");
    }

    @Override
    Figures run(Course course) throws IOException, InterruptedException {
      Path before = Files.createTempFile("benchmarks", ".journal");
      Path after = Files.createTempFile("benchmarks", ".journal");
      try {
        Trial trial = course.trial(Part.UP_TO_A_KILL, 20, 64);
        try (TrialProcess process = course.start(trial.journal(before.toString()))) {
          process.await(TrialMain.HALF);
          process.kill();
        }
        Figures figures = course.run(trial.with(Part.AFTER_A_KILL).journal(after.toString()));
        return compare(figures, Journal.read(before), Journal.read(after));
      } finally {
        Files.delete(before);
        Files.delete(after);
      }
    }
  },

  W4("batches of 10 items, submitted one by one", List.of(100_000)) {
    @Override
    boolean takes(Contestants contestant) {
      return contestant == Contestants.OURS;
    }

    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.trial(Part.SMALL_BATCHES, 0, 0));
    }
  },

  W5("reads while items that do nothing are worked on", List.of(1_000_000)) {
    @Override
    boolean takes(Contestants contestant) {
      return contestant == Contestants.OURS;
    }

    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.trial(Part.READS, 0, 0));
    }
  },

  W6("items of 1 ms, 8 at a time in each of two JVMs", List.of(200_000)) {
    @Override
    boolean takes(Contestants contestant) {
      return !contestant.family().equals("spring-batch");
    }

    @Override
    boolean runsOn(String database) {
      return database.equals(Server.POSTGRES);
    }

    @Override
    Figures run(Course course) throws Exception {
      Figures one = joined(course, 1);
      course.renew();
      Figures two = joined(course, 2);
      two.values.putAll(one.values);
      return two.put("speed-up", two.get("2 JVMs/s") / two.get("1 JVMs/s"));
    }
  },

  W7("growth: items that do nothing, in 256 MiB", List.of(100_000, 1_000_000, 10_000_000)) {
    @Override
    boolean takes(Contestants contestant) {
      return contestant.mostItems() == Integer.MAX_VALUE;
    }

    @Override
    String heap(String usual) {
      return "256m";
    }

    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.trial(Part.WHOLE, 0, 0));
    }
  };

  private final String title;

  @SuppressWarnings("ImmutableEnumChecker") // it is: List.of made it
  private final List<Integer> sizes;

  Workload(String title, List<Integer> sizes) {
    this.title = title;
    this.sizes = sizes;
  }

  String title() {
    return title;
  }

  /** How many items, unless told otherwise. */
  List<Integer> sizes() {
    return sizes;
  }

  /** Whether the contestant has something that corresponds. */
  boolean takes(Contestants contestant) {
    return true;
  }

  boolean runsOn(String database) {
    return true;
  }

  String heap(String usual) {
    return usual;
  }

  /** Measures once. */
  abstract Figures run(Course course) throws Exception;

  /** What a workload runs its trials with. */
  static final class Course {
    private final Server server;
    private final Contestants contestant;
    private final int items;
    private final List<String> flags;
    private MeasuredDatabase database;

    Course(Server server, Contestants contestant, int items, List<String> flags) throws Exception {
      this.server = server;
      this.contestant = contestant;
      this.items = items;
      this.flags = flags;
      this.database = server.fresh();
    }

    Trial trial(Part part, int waitMillis, int concurrency) {
      return new Trial(
          contestant.label(), database.url(), part, items, waitMillis, concurrency, null);
    }

    TrialProcess start(Trial trial) throws IOException {
      return TrialProcess.start(trial, flags);
    }

    Figures run(Trial trial) throws IOException {
      try (TrialProcess process = start(trial)) {
        return process.figures();
      }
    }

    /** Goes on with a fresh database. */
    void renew() throws Exception {
      server.drop(database);
      database = server.fresh();
    }

    void end() throws Exception {
      server.drop(database);
    }
  }

  private static Figures joined(Course course, int processes) throws IOException {
    Figures figures = course.run(course.trial(Part.SUBMIT, 1, 8));
    List<TrialProcess> running = new ArrayList<>();
    try {
      for (int i = 0; i < processes; i++) {
        running.add(course.start(course.trial(Part.JOIN, 1, 8)));
      }
      for (TrialProcess process : running) {
        process.await(TrialMain.READY);
      }
      for (TrialProcess process : running) {
        process.tell("go");
      }
      double seconds = Double.MAX_VALUE; // until the first of them knows that all is done
      for (TrialProcess process : running) {
        seconds = Math.min(seconds, process.figures().get("seconds"));
      }
      return figures.put(processes + " JVMs/s", course.items / seconds);
    } finally {
      running.forEach(TrialProcess::close);
    }
  }

  private static Figures compare(
      Figures figures, List<Journal.Entry> before, List<Journal.Entry> after) {
    Set<Integer> finished = new HashSet<>();
    Set<Integer> interrupted = new HashSet<>();
    for (Journal.Entry entry : before) {
      if (entry.isStart()) {
        interrupted.add(entry.index());
      } else {
        finished.add(entry.index());
        interrupted.remove(entry.index());
      }
    }
    double startedAt = figures.take("started at");
    double openedAt = figures.take("opened at");
    List<Journal.Entry> starts = after.stream().filter(Journal.Entry::isStart).toList();
    double[] again =
        starts.stream()
            .filter(entry -> interrupted.contains(entry.index()))
            .mapToDouble(entry -> (entry.atMillis() - startedAt) / 1e3)
            .toArray();
    figures
        .put("s to the first item", (starts.get(0).atMillis() - startedAt) / 1e3)
        .put("interrupted", interrupted.size())
        .put("interrupted that ran again", again.length);
    if (again.length > 0) {
      figures
          .put("s to the first interrupted", again[0])
          .put(
              "s from its opening to the last",
              again[again.length - 1] - (openedAt - startedAt) / 1e3)
          .put("s to the last interrupted", again[again.length - 1]);
    }
    return figures.put(
        "finished that ran again",
        Math.toIntExact(starts.stream().filter(entry -> finished.contains(entry.index())).count()));
  }
}
