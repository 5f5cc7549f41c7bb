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
import org.batchengine.engine.loop.Failures;
import org.batchengine.engine.loop.Lane;
import org.batchengine.engine.loop.Lanes;
import org.batchengine.engine.loop.Meter;
import org.batchengine.engine.run.WaitingCalls;
import org.batchengine.engine.run.Workers;
import org.batchengine.limit.LimitScope;
import org.batchengine.model.ItemState;
import org.batchengine.model.PoolUse;
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

  /**
   * {@return whether no call of the type begins on this engine: somebody holds it, or a processor
   * was told to slow down}
   *
   * @throws IllegalArgumentException if the type is not registered
   */
  public boolean isHeld(String type) {
    return workers(type).slowDown().isOn();
  }

  /**
   * {@return the number of calls that this engine has in hand, and that wait since the limits of
   * such a scope let nothing begin} A call that waits for two scopes counts in both; calls of a
   * type that is held do not count.
   */
  public int waitingFor(LimitScope scope) {
    return parts.allowances.waiting(
        Objects.requireNonNull(scope, "scope"),
        new WaitingCalls(parts.workers, parts.config.sessionExpiry()),
        parts.clock.nanos().getAsLong());
  }

  /** {@return how often this engine has asked the store what may begin under limits} */
  public long limitAsks() {
    return parts.allowances.asked();
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

  /**
   * {@return the number of events and measurements that were lost because a listener or a recorder
   * was too slow}
   */
  public long lost() {
    return parts.lanes.lost();
  }

  /**
   * {@return how the store's pool of connections is used; empty if it has none, or is a data source
   * of the host that does not tell: HikariCP does} A host's pool serves others too.
   */
  public Optional<PoolUse> pool() {
    return parts.store.pool();
  }

  /** Adds a recorder, which gets all events from now on. It cannot be removed. */
  public void tell(Recorder recorder) {
    parts.recorders.add(Objects.requireNonNull(recorder, "recorder"));
  }

  /**
   * Receives an engine's events, in order, on a thread that serves only this recorder, so a slow
   * one does not affect the engine. If it falls too far behind, events are lost; see {@link
   * EngineMetrics#lost}. An exception from it is logged once.
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

  /**
   * Passes what the engine measures to its recorders, each in a lane of its own. A recorder that
   * throws is logged once.
   */
  static final class Recorders implements Meter {
    private static final Logger log = LoggerFactory.getLogger(Recorders.class);

    /** About what the end of an attempt takes while it waits. */
    private static final int BYTES = 50;

    private final Lanes lanes;
    private final List<Told> all = new CopyOnWriteArrayList<>();
    private final AtomicBoolean isLogged = new AtomicBoolean();

    private record Told(Recorder recorder, Lane lane) {}

    Recorders(Lanes lanes) {
      this.lanes = lanes;
    }

    void add(Recorder recorder) {
      String name = "recorder " + recorder.getClass().getName() + " of metrics";
      all.add(new Told(recorder, lanes.ordered(name)));
    }

    @Override
    public boolean isRead() {
      return !all.isEmpty();
    }

    @Override
    public void attempted(List<Attempt> attempts) {
      tell(
          recorder ->
              attempts.forEach(each -> recorder.attempted(each.type(), each.state(), each.nanos())),
          BYTES * attempts.size());
    }

    @Override
    public void settled(int items, long nanos) {
      tell(recorder -> recorder.settled(items, nanos), BYTES);
    }

    @Override
    public void claimed(int items, long nanos) {
      tell(recorder -> recorder.claimed(items, nanos), BYTES);
    }

    private void tell(Consumer<Recorder> what, int bytes) {
      for (Told each : all) {
        each.lane.add(() -> tell(each.recorder, what), bytes);
      }
    }

    private void tell(Recorder recorder, Consumer<Recorder> what) {
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
    }
  }
}
