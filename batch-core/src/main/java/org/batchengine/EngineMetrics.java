package org.batchengine;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.batchengine.engine.loop.EngineThread;
import org.batchengine.engine.loop.Failures;
import org.batchengine.engine.loop.Meter;
import org.batchengine.engine.run.Workers;
import org.batchengine.model.ItemState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Figures of one engine, for makers of binders to metric libraries; {@code
 * org.batchengine.micrometer} has one. What stands is read here, at any time and without asking the
 * store; what happens is told to a {@link Recorder}. Safe for many threads.
 */
public final class EngineMetrics {
  private final EngineParts parts;

  EngineMetrics(EngineParts parts) {
    this.parts = parts;
  }

  /** {@return the names of the registered job types} */
  public Set<String> types() {
    return new TreeSet<>(parts.workers.keySet());
  }

  /**
   * {@return how many items of the type are claimed and wait for a worker}
   *
   * @throws IllegalArgumentException if the type is not registered
   */
  public int waiting(String type) {
    return workers(type).queue().waiting();
  }

  /**
   * {@return how many items of the type are with workers}
   *
   * @throws IllegalArgumentException if the type is not registered
   */
  public int running(String type) {
    return workers(type).queue().inHand();
  }

  private Workers workers(String type) {
    Workers workers = parts.workers.get(type);
    if (workers == null) {
      throw new IllegalArgumentException(
          "job type \"%s\" is not registered; registered are %s".formatted(type, types()));
    }
    return workers;
  }

  /** {@return how many items have run and are not settled yet} */
  public int unsettled() {
    return parts.settlements.unsettled();
  }

  /**
   * {@return how many items of the whole store are parked, that is wait for their retry or are
   * suspects; counted up to 10,000} Read from the store about every five seconds by an engine that
   * is started, if it has a recorder; empty before that. Since all engines of a store read the same
   * figure, it is not to be summed over them.
   */
  public OptionalInt parked() {
    return parts.parked.last();
  }

  /** {@return how long ago the present session was opened; empty if there is none} */
  public Optional<Duration> sessionAge() {
    return parts.sessions.age();
  }

  /** {@return how long ago the present session was opened or renewed; empty if there is none} */
  public Optional<Duration> sinceRenewal() {
    return parts.sessions.sinceRenewal();
  }

  /** Tells the recorder of all that happens from now on. It cannot be taken away again. */
  public void tell(Recorder recorder) {
    parts.recorders.add(Objects.requireNonNull(recorder, "recorder"));
  }

  /**
   * Hears of what happens in an engine, on the engine's threads: it must be quick and must not
   * block. What it throws is logged once and has no effect on the engine.
   *
   * <p>Implemented by hosts. Methods may be added, with an empty body.
   */
  public interface Recorder {

    /**
     * An attempt of an item has ended, and that is stored.
     *
     * @param type the name of its job type
     * @param state what has become of the item: {@link ItemState#RETRYING} if there is another
     *     attempt, else a terminal state
     * @param nanos how long it took; in bulk its share of the call, 0 if it was not begun
     */
    default void attempted(String type, ItemState state, long nanos) {}

    /**
     * Items were settled together, in one transaction.
     *
     * @param nanos how long the store took
     */
    default void settled(int items, long nanos) {}

    /**
     * The store was asked for work; for sequential batches and for suspects apart.
     *
     * @param items how many were claimed; 0 if there were none
     * @param nanos how long the store took
     */
    default void claimed(int items, long nanos) {}
  }

  /** Passes what the engine measures to its recorders. A recorder that throws is logged once. */
  static final class Recorders implements Meter {
    private static final Logger log = LoggerFactory.getLogger(Recorders.class);

    private final List<Recorder> all = new CopyOnWriteArrayList<>();
    private final AtomicBoolean isLogged = new AtomicBoolean();

    void add(Recorder recorder) {
      all.add(recorder);
    }

    @Override
    public boolean isRead() {
      return !all.isEmpty();
    }

    @Override
    public void attempted(String type, ItemState state, long nanos) {
      tell(recorder -> recorder.attempted(type, state, nanos));
    }

    @Override
    public void settled(int items, long nanos) {
      tell(recorder -> recorder.settled(items, nanos));
    }

    @Override
    public void claimed(int items, long nanos) {
      tell(recorder -> recorder.claimed(items, nanos));
    }

    private void tell(Consumer<Recorder> what) {
      for (Recorder recorder : all) {
        try {
          what.accept(recorder);
        } catch (Throwable e) {
          if (Failures.isFatal(e)) {
            throw e;
          }
          if (!isLogged.getAndSet(true)) {
            log.warn("recorder {} of metrics failed", recorder.getClass().getName(), e);
          }
        }
        EngineThread.dropInterrupt();
      }
    }
  }
}
