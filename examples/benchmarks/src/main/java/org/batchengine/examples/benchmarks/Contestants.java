package org.batchengine.examples.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Everything that can be measured. Members of one {@link #family} differ in their tuning. */
enum Contestants {
  RAW_COPY_5000("raw", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new Raw(database, work, Raw.Style.COPY, 5_000, trial.concurrency());
    }
  },
  RAW_COPY_1000("raw", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new Raw(database, work, Raw.Style.COPY, 1_000, trial.concurrency());
    }
  },
  RAW_ARRAYS_5000("raw", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new Raw(database, work, Raw.Style.ARRAYS, 5_000, trial.concurrency());
    }
  },
  RAW_ARRAYS_1000("raw", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new Raw(database, work, Raw.Style.ARRAYS, 1_000, trial.concurrency());
    }
  },
  RAW_BATCH_5000("raw", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new Raw(database, work, Raw.Style.BATCH, 5_000, trial.concurrency());
    }
  },
  RAW_BATCH_1000("raw", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new Raw(database, work, Raw.Style.BATCH, 1_000, trial.concurrency());
    }
  },
  RAW_BINARY_5000("raw", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new Raw(database, work, Raw.Style.BINARY_COPY, 5_000, trial.concurrency());
    }
  },
  OURS("ours", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return Ours.make(database, work, trial, 1);
    }
  },
  /** The engine as another checkout of this project has it. */
  AGAINST("against", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return Ours.make(database, work, trial, 1);
    }
  },
  OURS_2("ours-2", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return Ours.make(database, work, trial, 2);
    }
  },
  SPRING_BATCH_1_1000("spring-batch", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new SpringBatch(database, work, 1, 1_000, trial.concurrency());
    }
  },
  SPRING_BATCH_1_5000("spring-batch", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new SpringBatch(database, work, 1, 5_000, trial.concurrency());
    }
  },
  SPRING_BATCH_2_1000("spring-batch", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new SpringBatch(database, work, 2, 1_000, trial.concurrency());
    }
  },
  SPRING_BATCH_2_5000("spring-batch", Integer.MAX_VALUE) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new SpringBatch(database, work, 2, 5_000, trial.concurrency());
    }
  },
  DB_SCHEDULER("db-scheduler", 100_000) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new DbScheduler(database, work, trial.concurrency(), trial.journal() != null);
    }
  },
  JOBRUNR("jobrunr", 20_000) {
    @Override
    Contestant make(MeasuredDatabase database, Work work, Trial trial) {
      return new JobRunrServer(database, work, trial.concurrency());
    }
  };

  private final String family;
  private final int mostItems;

  Contestants(String family, int mostItems) {
    this.family = family;
    this.mostItems = mostItems;
  }

  /** Makes it for a trial. */
  abstract Contestant make(MeasuredDatabase database, Work work, Trial trial);

  /** What it is called on the command line and in reports. */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The name of all its tunings together. */
  String family() {
    return family;
  }

  /** How many items it processes in a reasonable time. */
  int mostItems() {
    return mostItems;
  }

  /**
   * {@code COPY} and arrays are for PostgreSQL; in their place H2 has batches. H2 has one writer,
   * which a second engine would wait for.
   */
  boolean runsOn(String database) {
    boolean isPostgres = database.equals(Server.POSTGRES);
    boolean fits = !family.equals("raw") || isPostgres != name().startsWith("RAW_BATCH");
    return fits && (isPostgres || this != OURS_2);
  }

  /** Whether it may stand for its family where each contestant takes long. */
  boolean isTypical() {
    return this == OURS
        || this == RAW_COPY_5000
        || this == RAW_BATCH_5000
        || this == SPRING_BATCH_2_5000
        || this == DB_SCHEDULER
        || this == JOBRUNR;
  }

  static Contestants of(String label) {
    return Arrays.stream(values())
        .filter(one -> one.label().equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no contestant \"" + label + "\""));
  }

  /** Those with that name, or of that family. */
  static List<Contestants> named(String name) {
    List<Contestants> found =
        Arrays.stream(values())
            .filter(one -> one.label().equals(name) || one.family.equals(name))
            .toList();
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "no contestant \"%s\": there are %s"
              .formatted(name, Arrays.stream(values()).map(Contestants::label).toList()));
    }
    return found;
  }
}
