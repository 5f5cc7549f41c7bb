package org.batchengine.jdbc;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobType;
import org.batchengine.jdbc.SoakWork.Kind;
import org.batchengine.model.BatchException;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.IdempotencyConflictException;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.ItemQuery;

/**
 * What a host does with its engine in a soak: submits batches of all kinds and steers them, by
 * chance. What it is about to do to a batch, and what it was answered, goes to a file, a line each.
 */
final class SoakLoad implements Runnable {
  /** Lines begin with one: then comes the batch's id, or where there is none its name. */
  enum Note {
    SUBMITTED,
    REFUSED,
    CANCELS,
    REOPENS,
    DELETES,
    WRONG
  }

  static final String OWNER = "soak";
  static final BatchState[] LIVE =
      Arrays.stream(BatchState.values())
          .filter(state -> !state.isTerminal())
          .toArray(BatchState[]::new);

  private static final int MOST_LIVE = 12;
  private static final int MOST_KNOWN = 40;
  private static final String[] TENANTS = {"acme", "globex", "initech"};

  private final BatchEngine engine;
  private final FileOutputStream notes;
  private final String node;
  private final Random random;
  private final boolean mayEnd;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<BatchId> known = new ArrayList<>();
  private int batches;

  SoakLoad(BatchEngine engine, Path notes, String node, long seed, boolean mayEnd) {
    this.engine = engine;
    this.node = node;
    this.mayEnd = mayEnd;
    random = new Random(seed);
    try {
      this.notes = new FileOutputStream(notes.toFile(), true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it after its present step. */
  void stop() {
    stop.countDown();
  }

  private void note(Note note, String what) {
    try {
      notes.write((note + " " + what + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void run() {
    try {
      while (!stop.await(5 + random.nextInt(60), TimeUnit.MILLISECONDS)) {
        step();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void step() {
    try {
      int chance = random.nextInt(100);
      if (chance < 50) {
        if (hasRoom()) {
          submitUntilAnswered();
        }
      } else if (chance < 54) {
        submitWhatIsRefused();
      } else if (!known.isEmpty()) {
        steer(chance, known.get(random.nextInt(known.size())));
      }
    } catch (BatchException | CancellationException e) {
      // The database is away, the session is lost, the batch gone or in another state.
    } catch (RuntimeException e) {
      if (engine.isStarted()) {
        note(Note.WRONG, e.toString().replace('\n', ' '));
      } else {
        stop(); // its process ends
      }
    }
  }

  /** What is paused may stay so for long. */
  private boolean hasRoom() {
    HistoryQuery working =
        HistoryQuery.all()
            .state(BatchState.PENDING, BatchState.RUNNING, BatchState.STOPPING)
            .limit(MOST_LIVE);
    return engine.history(working).items().size() < MOST_LIVE;
  }

  private void steer(int chance, BatchId id) {
    String reason = "by chance";
    if (chance < 60) {
      note(Note.CANCELS, id.toString());
      engine.cancel(id, random.nextBoolean() ? CancelMode.FORCED : CancelMode.GRACEFUL, reason);
    } else if (chance < 68) {
      engine.pause(id, reason);
    } else if (chance < 78) {
      engine.resume(id, reason);
    } else if (chance < 86) {
      note(Note.REOPENS, id.toString());
      engine.retryFailed(id, reason);
    } else if (chance < 90) {
      if (engine.status(id).isTerminal()) {
        note(Note.DELETES, id.toString());
        engine.delete(id);
        known.remove(id);
      }
    } else {
      look(id);
    }
  }

  private void look(BatchId id) {
    engine.status(id);
    engine.items(id, ItemQuery.all().limit(100));
    engine.errorGroups(id, 5);
    engine.forTenant(TENANTS[random.nextInt(TENANTS.length)]).history(HistoryQuery.all().limit(20));
  }

  /** What a host does that does not know whether it was heard: it sends the same again. */
  private void submitUntilAnswered() {
    Plan plan = plan();
    while (stop.getCount() > 0) {
      try {
        BatchId id = engine.submit(plan.request());
        note(Note.SUBMITTED, id.toString());
        known.add(id);
        if (known.size() > MOST_KNOWN) {
          known.remove(0);
        }
        return;
      } catch (InvalidItemException | IdempotencyConflictException e) {
        throw new IllegalStateException(plan.name(), e);
      } catch (BatchException e) {
        pause();
      }
    }
  }

  private void pause() {
    try {
      if (stop.await(200, TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop();
    }
  }

  private Plan plan() {
    JobType<String, String> type = type();
    int size = size(type);
    double trouble = size > 2_000 ? 0.001 : random.nextInt(3) * 0.05;
    boolean slow = size < 500 && random.nextInt(3) == 0;
    boolean tolerant = random.nextInt(10) > 0;
    return new Plan(
        node + "-" + batches++,
        type,
        size,
        trouble,
        slow,
        tolerant,
        random.nextInt(3) > 0,
        TENANTS[random.nextInt(TENANTS.length)],
        random.nextInt(10),
        random.nextLong());
  }

  private JobType<String, String> type() {
    int chance = random.nextInt(100);
    if (mayEnd && chance < 3) {
      return SoakWork.MORTAL;
    } else if (chance < 45) {
      return SoakWork.SINGLE;
    } else if (chance < 70) {
      return SoakWork.BULK;
    }
    return chance < 90 ? SoakWork.BOOKED : SoakWork.IN_ORDER;
  }

  private int size(JobType<?, ?> type) {
    if (type.equals(SoakWork.IN_ORDER) || type.equals(SoakWork.MORTAL)) {
      return 1 + random.nextInt(30);
    }
    int most = type.equals(SoakWork.BOOKED) ? 500 : 20_000;
    return switch (random.nextInt(20)) {
      case 0 -> 0;
      case 1 -> 1;
      case 2, 3 -> 1 + random.nextInt(most);
      default -> 1 + random.nextInt(300);
    };
  }

  /** A key that comes twice, or a source that fails: nothing of it may remain. */
  private void submitWhatIsRefused() {
    String name = node + "-" + batches++;
    int size = 2 + random.nextInt(3_000);
    int breaks = 1 + random.nextInt(size - 1);
    boolean throwing = random.nextBoolean();
    note(Note.REFUSED, name);
    Stream<String> items =
        Stream.iterate(0, index -> index + 1)
            .limit(size)
            .map(
                index -> {
                  if (throwing && index == breaks) {
                    throw new IllegalCallerException("the source is at its end");
                  }
                  return SoakWork.input(name, index == breaks ? 0 : index, Kind.FINE);
                });
    try {
      BatchId id =
          engine.submit(
              BatchRequest.of(SoakWork.SINGLE, items)
                  .name(name)
                  .submittedBy(OWNER)
                  .keyedBy(input -> input));
      note(Note.WRONG, id + " was submitted, and should have been refused");
    } catch (InvalidItemException | IllegalCallerException e) {
      // As it should be.
    }
  }

  /** A batch, which can be submitted again as it was. */
  private record Plan(
      String name,
      JobType<String, String> type,
      int size,
      double trouble,
      boolean slow,
      boolean tolerant,
      boolean keyed,
      String tenant,
      int priority,
      long seed) {

    BatchRequest<String> request() {
      Random kinds = new Random(seed);
      Stream<String> items =
          Stream.iterate(0, index -> index + 1)
              .limit(size)
              .map(index -> SoakWork.input(name, index, kind(kinds)));
      BatchRequest<String> request =
          BatchRequest.of(type, items)
              .name(name)
              .description(size + (tolerant ? "" : " intolerant"))
              .idempotencyKey(name)
              .tenant(tenant)
              .submittedBy(OWNER)
              .priority(priority)
              .retry(SoakWork.RETRIES);
      BatchRequest<String> keyedRequest = keyed ? request.keyedBy(input -> input) : request;
      return tolerant
          ? keyedRequest
          : keyedRequest.tolerateFailures(2).deadline(Duration.ofMinutes(5));
    }

    private Kind kind(Random kinds) {
      if (type.equals(SoakWork.MORTAL) && kinds.nextInt(40) == 0) {
        return Kind.KILLER;
      }
      if (kinds.nextDouble() >= trouble) {
        return slow || type.equals(SoakWork.MORTAL) ? Kind.SLOW : Kind.FINE;
      }
      Kind[] troubles = {
        Kind.FLAKY, Kind.LATER, Kind.SKIPPED, Kind.BAD, Kind.HOPELESS, Kind.MENDED, Kind.FLAKY
      };
      boolean stuck = !type.equals(SoakWork.BOOKED) && kinds.nextInt(20) == 0;
      return stuck ? Kind.STUCK : troubles[kinds.nextInt(troubles.length)];
    }
  }
}
