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
 * One engine's metrics, for binding to a metrics library; {@code org.batchengine.micrometer} has
 * such a binder. Gauges are read here, at any time and without querying the store; events go to a
 * {@link Recorder}. Thread-safe.
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
   * {@return the number of items of the type that are claimed and waiting for a worker}
   *
   * @throws IllegalArgumentException if the type is not registered
   */
  public int waiting(String type) {
    return workers(type).queue().waiting();
  }

  /**
   * {@return the number of items of the type that are with workers}
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

  /** {@return the number of items that have run and are not settled yet} */
  public int unsettled() {
    return parts.settlements.unsettled();
  }

  /**
   * {@return the number of parked items in the whole store, counted up to 10,000: items that wait
   * for a retry, and suspects} A started engine that has a recorder reads it from the store about
   * every five seconds; empty before that. All engines of a store report the same number, so do not
   * sum it.
   */
  public OptionalInt parked() {
    return parts.parked.last();
  }

  /** {@return the time since the current session was opened; empty if there is none} */
  public Optional<Duration> sessionAge() {
    return parts.sessions.age();
  }

  /**
   * {@return the time since the current session was opened or last renewed; empty if there is none}
   */
  public Optional<Duration> sinceRenewal() {
    return parts.sessions.sinceRenewal();
  }

  /** Adds a recorder, which gets all events from now on. It cannot be removed. */
  public void tell(Recorder recorder) {
    parts.recorders.add(Objects.requireNonNull(recorder, "recorder"));
  }

  /**
   * Receives an engine's events on the engine's threads, so it must be quick and must not block. An
   * exception from it is logged once and does not affect the engine.
   *
   * <p>Implemented by hosts. Later versions may add methods, with empty bodies.
   */
  public interface Recorder {

    /**
     * An attempt has ended and its result is stored.
     *
     * @param type the name of the item's job type
     * @param state the item's new state: {@link ItemState#RETRYING} if there will be another
     *     attempt, otherwise a terminal state
     * @param nanos how long the attempt took; in bulk the item's share of the call; 0 if it did not
     *     start
     */
    default void attempted(String type, ItemState state, long nanos) {}

    /**
     * Items were settled together in one transaction.
     *
     * @param nanos how long the store took
     */
    default void settled(int items, long nanos) {}

    /**
     * The engine asked the store for work. Claims for sequential batches and for suspects are
     * reported separately.
     *
     * @param items the number of items claimed; 0 if none were found
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
