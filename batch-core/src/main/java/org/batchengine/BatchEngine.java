package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.model.EngineHealth;
import org.batchengine.model.StoredText;
import org.batchengine.store.BatchStore;
import org.jspecify.annotations.Nullable;

/**
 * A batch engine inside a host application: {@link Batches}, and its life.
 *
 * <pre>{@code
 * static final JobType<String, Integer> LENGTH = JobType.of("length", String.class, Integer.class);
 *
 * try (var engine =
 *     BatchEngine.builder(store).register(LENGTH, text -> text.length()).start()) {
 *   var id = engine.submit(LENGTH, List.of("one", "three", "fifteen"));
 *   System.out.println(engine.await(id).counts());
 * }
 * }</pre>
 *
 * <p>An engine that is built submits and reads; once started it also works on the batches of its
 * store, its own and those of other nodes, whose types it has registered. One without processors,
 * or that is never started, is a client of others.
 *
 * <p>Implemented by the engine. Methods may be added; later ones get a default body.
 */
public interface BatchEngine extends Batches, AutoCloseable {

  /**
   * Begins an engine on a store. The engine owns the store and closes it; a store serves one engine
   * alone, though several stores may be of one database. Nothing is opened before the engine is
   * built.
   */
  static Builder builder(BatchStore store) {
    return new Builder(store);
  }

  /**
   * Begins to claim and run work, and takes up what was interrupted. Does nothing if it is started.
   *
   * @throws IllegalStateException if it is closed
   * @throws org.batchengine.model.StoreException if the store fails
   */
  void start();

  /** {@return whether it was started and is not closed} */
  boolean isStarted();

  /**
   * Returns whether this engine does its work: whether claims, settles and renewals go on. Does not
   * ask the store and does not block, so that it suits a health check; also of a closed engine.
   */
  EngineHealth health();

  /** {@return figures of this engine, for binders to metric libraries} */
  EngineMetrics metrics();

  /**
   * Closes the engine: claims nothing new, waits for the calls that run, up to {@link
   * Builder#drainTimeout}, interrupts the rest, writes what was settled, gives the unfinished back
   * to other nodes, and closes the store. Blocks until then. Idempotent, and without effect on what
   * is stored: work goes on with the next start. A call that ignores even the interrupt may never
   * return: what the engine has in hand then is left as if its process had died.
   */
  @Override
  void close();

  /**
   * Gathers what an engine is made of. Every method checks its values at once, throws {@link
   * IllegalArgumentException} for one that is not allowed, and returns this builder. Builds one
   * engine. For one thread.
   */
  final class Builder {
    private final BatchStore store;
    private final Map<String, Registration<?, ?>> registrations = new LinkedHashMap<>();
    private final List<BatchListener> listeners = new ArrayList<>();
    private JobOptions defaults = JobOptions.defaults();
    private PayloadCodecs codecs = PayloadCodecs.standard();
    private @Nullable String node;
    private Duration sessionExpiry = Duration.ofSeconds(12);
    private Duration pollInterval = Duration.ofSeconds(1);
    private Duration drainTimeout = Duration.ofSeconds(30);
    private @Nullable Duration retention;
    private int maxPayload = 1 << 20;
    private @Nullable Executor executor;
    private boolean platformThreads;
    private InstantSource clock = InstantSource.system();
    private boolean used;

    private Builder(BatchStore store) {
      this.store = requireNonNull(store, "store");
    }

    /**
     * Registers work of one item from its input alone.
     *
     * @throws IllegalArgumentException if the type's name is registered already
     */
    public <I, O> Builder register(
        JobType<I, O> type, ItemFunction<? super I, ? extends O> function) {
      return register(Registration.of(type, function));
    }

    /**
     * Registers work of one item from its input alone, with options.
     *
     * @throws IllegalArgumentException if the type's name is registered already
     */
    public <I, O> Builder register(
        JobType<I, O> type, ItemFunction<? super I, ? extends O> function, JobOptions options) {
      return register(Registration.of(type, function).with(options));
    }

    /**
     * Registers work of one item with a view of where it stands.
     *
     * @throws IllegalArgumentException if the type's name is registered already
     */
    public <I, O> Builder register(
        JobType<I, O> type, ItemProcessor<? super I, ? extends O> processor) {
      return register(Registration.of(type, processor));
    }

    /**
     * Registers work of one item with a view of where it stands, with options.
     *
     * @throws IllegalArgumentException if the type's name is registered already
     */
    public <I, O> Builder register(
        JobType<I, O> type, ItemProcessor<? super I, ? extends O> processor, JobOptions options) {
      return register(Registration.of(type, processor).with(options));
    }

    /**
     * Registers work of one item that yields no output.
     *
     * @throws IllegalArgumentException if the type's name is registered already
     */
    public <I> Builder registerAction(JobType<I, Void> type, ItemAction<? super I> action) {
      return register(Registration.action(type, action));
    }

    /**
     * Registers work of one item that yields no output, with options.
     *
     * @throws IllegalArgumentException if the type's name is registered already
     */
    public <I> Builder registerAction(
        JobType<I, Void> type, ItemAction<? super I> action, JobOptions options) {
      return register(Registration.action(type, action).with(options));
    }

    /**
     * Registers work of many items in one call.
     *
     * @throws IllegalArgumentException if the type's name is registered already
     */
    public <I, O> Builder registerBulk(JobType<I, O> type, BatchProcessor<I, O> processor) {
      return register(Registration.bulk(type, processor));
    }

    /**
     * Registers work of many items in one call, with options.
     *
     * @throws IllegalArgumentException if the type's name is registered already
     */
    public <I, O> Builder registerBulk(
        JobType<I, O> type, BatchProcessor<I, O> processor, JobOptions options) {
      return register(Registration.bulk(type, processor).with(options));
    }

    /**
     * Registers work of one item in the transaction that its outcome is written in. Which kinds of
     * transaction there are is up to the store; {@link #build} refuses one that it does not have.
     *
     * @param kind what the processor is given, for example {@code Connection.class}
     * @throws IllegalArgumentException if the type's name is registered already
     */
    public <I, O, T> Builder registerTransactional(
        JobType<I, O> type,
        Class<T> kind,
        TransactionalProcessor<? super I, ? extends O, ? super T> processor) {
      return register(Registration.transactional(type, kind, processor));
    }

    /**
     * Registers work of one item in the transaction that its outcome is written in, with options.
     * Which kinds of transaction there are is up to the store; {@link #build} refuses one that it
     * does not have.
     *
     * @param kind what the processor is given, for example {@code Connection.class}
     * @throws IllegalArgumentException if the type's name is registered already
     */
    public <I, O, T> Builder registerTransactional(
        JobType<I, O> type,
        Class<T> kind,
        TransactionalProcessor<? super I, ? extends O, ? super T> processor,
        JobOptions options) {
      return register(Registration.transactional(type, kind, processor).with(options));
    }

    /**
     * Registers a processor that was made elsewhere.
     *
     * @throws IllegalArgumentException if the type's name is registered already
     */
    public Builder register(Registration<?, ?> registration) {
      var name = requireNonNull(registration, "registration").type().name();
      if (registrations.putIfAbsent(name, registration) != null) {
        throw new IllegalArgumentException(
            "job type \"" + name + "\" is registered already; a type has one processor");
      }
      return this;
    }

    /**
     * Registers processors that were made elsewhere.
     *
     * @throws IllegalArgumentException if the name of a type is registered already
     */
    public Builder registerAll(Collection<? extends Registration<?, ?>> registrations) {
      requireNonNull(registrations, "registrations").forEach(this::register);
      return this;
    }

    /**
     * Registers every {@link BatchProcessor} that {@link ServiceLoader} finds by the thread's
     * context class loader, each for its {@link BatchProcessor#type} and with its {@link
     * BatchProcessor#options}.
     *
     * @throws IllegalArgumentException if the name of a type is registered already
     * @throws UnsupportedOperationException if one does not give its type
     * @throws java.util.ServiceConfigurationError if one cannot be loaded
     */
    public Builder registerFound() {
      for (BatchProcessor<?, ?> found : ServiceLoader.load(BatchProcessor.class)) {
        register(registrationOf(found));
      }
      return this;
    }

    /** What registrations leave unset. By default what {@link JobOptions} names. */
    public Builder defaults(JobOptions options) {
      defaults = requireNonNull(options, "options");
      return this;
    }

    /** How payloads become text. By default {@link PayloadCodecs#standard}. */
    public Builder codecs(PayloadCodecs codecs) {
      this.codecs = requireNonNull(codecs, "codecs");
      return this;
    }

    /** Adds a listener; there may be several, called in this order. By default there is none. */
    public Builder listener(BatchListener listener) {
      listeners.add(requireNonNull(listener, "listener"));
      return this;
    }

    /**
     * What this engine is called in logs and in the store. Need not be unique. By default the name
     * of the host and the number of the process.
     *
     * @param name not blank, at most 200 characters
     */
    public Builder node(String name) {
      node = Arguments.text("node", name, 200);
      return this;
    }

    /**
     * How long this engine may be out of touch with the store before other nodes take over its
     * work. By default 12 seconds.
     *
     * @param expiry 2 seconds to 1 hour
     */
    public Builder sessionExpiry(Duration expiry) {
      sessionExpiry =
          Arguments.between("sessionExpiry", expiry, Duration.ofSeconds(2), Duration.ofHours(1));
      return this;
    }

    /**
     * How often an idle engine looks for work that other nodes submitted or that has become due.
     * Work that it submits itself is taken up at once. By default 1 second.
     *
     * @param interval 10 milliseconds to 1 minute
     */
    public Builder pollInterval(Duration interval) {
      pollInterval =
          Arguments.between("pollInterval", interval, Duration.ofMillis(10), Duration.ofMinutes(1));
      return this;
    }

    /**
     * How long {@link BatchEngine#close} waits for calls that run. By default 30 seconds.
     *
     * @param timeout zero to 1 hour
     */
    public Builder drainTimeout(Duration timeout) {
      drainTimeout = Arguments.between("drainTimeout", timeout, Duration.ZERO, Duration.ofHours(1));
      return this;
    }

    /**
     * How long batches are kept after their end; then they are deleted as by {@link
     * Batches#delete}, a little at a time. This engine does so for all batches of its store. By
     * default they are kept for ever.
     *
     * @param afterEnd 1 minute to 3,650 days
     */
    public Builder retention(Duration afterEnd) {
      retention =
          Arguments.between("retention", afterEnd, Duration.ofMinutes(1), Duration.ofDays(3650));
      return this;
    }

    /**
     * How large an input or output may be as text in UTF-8. By default 1 MiB.
     *
     * @param bytes 1 to 67,108,864, which is 64 MiB
     */
    public Builder maxPayload(int bytes) {
      maxPayload = Arguments.between("maxPayload", bytes, 1, 64 << 20);
      return this;
    }

    /**
     * Runs processors on the host's executor, which the engine never shuts down. It must run tasks
     * on other threads than the one that hands them over, and have as many as all {@link
     * JobOptions#concurrency} together. By default the engine has threads of its own, virtual ones
     * where Java has them.
     *
     * @throws IllegalStateException after {@link #platformThreads}
     */
    public Builder executor(Executor executor) {
      this.executor = requireNonNull(executor, "executor");
      return withOneKindOfThreads();
    }

    /**
     * Runs processors on platform threads of the engine's own, where it would take virtual ones.
     *
     * @throws IllegalStateException after {@link #executor}
     */
    public Builder platformThreads() {
      platformThreads = true;
      return withOneKindOfThreads();
    }

    /**
     * Where the engine reads the time of events and waits from. The store's time is its own. By
     * default the system's.
     */
    public Builder clock(InstantSource clock) {
      this.clock = requireNonNull(clock, "clock");
      return this;
    }

    /**
     * Builds an engine that submits and reads but claims nothing: connects the store, and makes or
     * checks its schema. If this throws, the store is closed.
     *
     * @throws IllegalStateException if this builder has built before
     * @throws org.batchengine.model.StoreException if the store cannot be used; says why
     */
    public BatchEngine build() {
      return built(() -> Engine.build(config()));
    }

    /**
     * Builds an engine and starts it. If this throws, the store is closed.
     *
     * @throws IllegalStateException if this builder has built before
     * @throws org.batchengine.model.StoreException if the store cannot be used; says why
     */
    public BatchEngine start() {
      var engine = build();
      return closedIfItFails(
          engine::close,
          () -> {
            engine.start();
            return engine;
          });
    }

    /**
     * Builds an engine without threads, for tests. If this throws, the store is closed.
     *
     * @throws IllegalStateException if this builder has built before
     * @throws org.batchengine.model.StoreException if the store cannot be used; says why
     */
    public ManualEngine manual() {
      return built(() -> Engine.manual(config()));
    }

    EngineConfig config() {
      var complete = new LinkedHashMap<String, Registration<?, ?>>();
      registrations.forEach(
          (name, registration) ->
              complete.put(name, registration.with(registration.options().orElse(defaults))));
      return new EngineConfig(
          store,
          Collections.unmodifiableMap(complete),
          defaults,
          codecs,
          List.copyOf(listeners),
          node != null ? node : nameOfThisProcess(),
          sessionExpiry,
          pollInterval,
          drainTimeout,
          retention,
          maxPayload,
          executor,
          platformThreads,
          clock);
    }

    private <T> T built(Supplier<T> engine) {
      if (used) {
        throw new IllegalStateException("this builder has built its engine; a store serves one");
      }
      used = true;
      return closedIfItFails(store::close, engine);
    }

    private static <T> T closedIfItFails(Runnable close, Supplier<T> step) {
      try {
        return step.get();
      } catch (RuntimeException | Error failure) {
        try {
          close.run();
        } catch (RuntimeException alsoFailed) {
          failure.addSuppressed(alsoFailed);
        }
        throw failure;
      }
    }

    private Builder withOneKindOfThreads() {
      if (executor != null && platformThreads) {
        throw new IllegalStateException(
            "executor and platformThreads exclude each other: an executor brings its own threads");
      }
      return this;
    }

    private static <I, O> Registration<I, O> registrationOf(BatchProcessor<I, O> found) {
      return Registration.bulk(found.type(), found).with(found.options());
    }

    private static String nameOfThisProcess() {
      return StoredText.clean(hostName(), 150) + ":" + ProcessHandle.current().pid();
    }

    private static String hostName() {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException unnamed) {
        return "localhost";
      }
    }
  }
}
