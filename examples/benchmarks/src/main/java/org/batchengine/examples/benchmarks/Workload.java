package org.batchengine.examples.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.examples.benchmarks.Trial.Part;
import org.jspecify.annotations.Nullable;

/** What is measured. */
enum Workload {
  W1("items that do nothing", List.of(100_000, 1_000_000)) {
    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.rounds(0, 0));
    }
  },

  W2("items of 20 ms, 64 at a time", List.of(5_000)) {
    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.rounds(20, 64));
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
        int half = course.items / 2;
        Trial trial = course.trial(Part.UP_TO_A_KILL, 20, 64);
        try (TrialProcess process = course.start(trial.journal(before.toString(), half))) {
          process.await(TrialMain.ALARM);
          process.kill();
        }
        Trial rest = trial.with(Part.AFTER_A_KILL).journal(after.toString(), half);
        return Journal.recovered(course.run(rest), Journal.read(before), Journal.read(after));
      } finally {
        Files.delete(before);
        Files.delete(after);
      }
    }
  },

  W4("batches of 10 items, submitted one by one", List.of(100_000)) {
    @Override
    boolean takes(Contestants contestant) {
      return isEngine(contestant);
    }

    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.trial(Part.SMALL_BATCHES, 0, 0));
    }
  },

  W5("reads while items that do nothing are processed", List.of(1_000_000)) {
    @Override
    boolean takes(Contestants contestant) {
      return isEngine(contestant);
    }

    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.trial(Part.READS, 0, 0));
    }
  },

  W6("items of 1 ms, 8 at a time in each of two JVMs", List.of(100_000)) {
    @Override
    boolean takes(Contestants contestant) {
      return contestant.isTypical() && !contestant.family().equals("spring-batch");
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
      one.values.forEach((name, value) -> two.values.merge(name, value, Math::max));
      return two.put("speed-up", two.get("2 JVMs/s") / two.get("1 JVMs/s"));
    }
  },

  W7("growth: items that do nothing, in 256 MiB", List.of(100_000, 10_000_000)) {
    @Override
    boolean takes(Contestants contestant) {
      return isEngine(contestant) || (contestant.isTypical() && contestant.family().equals("raw"));
    }

    @Override
    String heap(String usual) {
      return "256m";
    }

    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.trial(Part.WHOLE, 0, 0));
    }
  },

  W8("latency: a batch at a time, from submit to await, by the items of a batch", List.of(1, 100)) {
    @Override
    boolean takes(Contestants contestant) {
      return isEngine(contestant);
    }

    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.trial(Part.LATENCY, 0, 0));
    }
  },

  W9("idle: a minute of an engine without work", List.of(0)) {
    @Override
    boolean takes(Contestants contestant) {
      return isEngine(contestant);
    }

    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.trial(Part.IDLE, 0, 0));
    }
  },

  W10("take-over: items of 20 ms, 64 at a time on each of two nodes, one killed", List.of(40_000)) {
    @Override
    boolean takes(Contestants contestant) {
      return W3.takes(contestant) && contestant != Contestants.OURS_2;
    }

    @Override
    boolean runsOn(String database) {
      return database.equals(Server.POSTGRES);
    }

    @Override
    Figures run(Course course) throws IOException, InterruptedException {
      Path killed = Files.createTempFile("benchmarks", ".journal");
      Path other = Files.createTempFile("benchmarks", ".journal");
      Trial trial = course.trial(Part.JOIN, 20, 64);
      int some = course.items / 8;
      try {
        course.run(trial.with(Part.SUBMIT));
        try (TrialProcess dying = course.start(trial.journal(killed.toString(), some));
            TrialProcess living = course.start(trial.journal(other.toString(), some))) {
          for (TrialProcess process : List.of(dying, living)) {
            process.await(TrialMain.READY);
            process.tell("go");
          }
          dying.await(TrialMain.ALARM);
          dying.kill();
          long killedAt = System.currentTimeMillis();
          Figures figures = living.figures();
          figures.take("seconds");
          return Journal.takenOver(figures, Journal.read(killed), Journal.read(other), killedAt);
        }
      } finally {
        Files.delete(killed);
        Files.delete(other);
      }
    }
  },

  W11("writes: a row in a table of the user's for each item, once", List.of(300_000)) {
    /** Rows of the user's are inserted in batches of statements, on PostgreSQL too. */
    @Override
    boolean takes(Contestants contestant, String database) {
      return switch (contestant.family()) {
        case "raw" -> contestant.name().startsWith("RAW_BATCH");
        case "spring-batch" -> true;
        default -> isEngine(contestant);
      };
    }

    @Override
    Figures run(Course course) throws IOException {
      return course.run(course.rounds(0, 0).with(Part.WRITES));
    }
  };

  private final String title;

  @SuppressWarnings("ImmutableEnumChecker") // List.of made it
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

  /** Whether the contestant can do this, in a reasonable time. */
  boolean takes(Contestants contestant) {
    return true;
  }

  /** Whether it can on this database. */
  boolean takes(Contestants contestant, String database) {
    return takes(contestant) && contestant.runsOn(database);
  }

  private static boolean isEngine(Contestants contestant) {
    return contestant == Contestants.OURS || contestant == Contestants.AGAINST;
  }

  boolean runsOn(String database) {
    return true;
  }

  String heap(String usual) {
    return usual;
  }

  /** Measures once. */
  abstract Figures run(Course course) throws Exception;

  /**
   * How trials run.
   *
   * @param flags those of their JVMs
   * @param warm how many rounds {@link Part#WHOLE} has in one JVM
   * @param against the checkout with the engine of {@link Contestants#AGAINST}
   */
  record Setting(List<String> flags, int warm, @Nullable Path against) {}

  /** What a workload runs its trials with: a contestant, and fresh databases. */
  static final class Course {
    private final Server server;
    private final Contestants contestant;
    private final int items;
    private final Setting setting;
    private final List<MeasuredDatabase> databases = new ArrayList<>();

    Course(Server server, Contestants contestant, int items, Setting setting) throws Exception {
      this.server = server;
      this.contestant = contestant;
      this.items = items;
      this.setting = setting;
      for (int i = 0; i < setting.warm; i++) {
        databases.add(server.fresh());
      }
    }

    /** Rounds in one JVM, each on its own database. */
    Trial rounds(int waitMillis, int concurrency) {
      return trial(Part.WHOLE, waitMillis, concurrency, databases);
    }

    Trial trial(Part part, int waitMillis, int concurrency) {
      return trial(part, waitMillis, concurrency, databases.subList(0, 1));
    }

    private Trial trial(Part part, int waitMillis, int concurrency, List<MeasuredDatabase> used) {
      return new Trial(
          contestant.label(),
          used.stream().map(MeasuredDatabase::url).toList(),
          part,
          items,
          waitMillis,
          concurrency,
          setting.against != null,
          null,
          0);
    }

    TrialProcess start(Trial trial) throws IOException {
      return TrialProcess.start(
          trial, setting.flags, contestant == Contestants.AGAINST ? setting.against : null);
    }

    Figures run(Trial trial) throws IOException {
      try (TrialProcess process = start(trial)) {
        return process.figures();
      }
    }

    /** Goes on with a fresh database. */
    void renew() throws Exception {
      server.drop(databases.get(0));
      databases.set(0, server.fresh());
    }

    void end() throws Exception {
      for (MeasuredDatabase database : databases) {
        server.drop(database);
      }
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
        Figures own = process.figures();
        seconds = Math.min(seconds, own.get("seconds"));
        figures.values.merge(
            TrialMain.FOREIGN_PERCENT, own.get(TrialMain.FOREIGN_PERCENT), Math::max);
      }
      return figures.put(processes + " JVMs/s", course.items / seconds);
    } finally {
      running.forEach(TrialProcess::close);
    }
  }
}
