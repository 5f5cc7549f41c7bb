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
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.EngineHealth;
import org.batchengine.model.EngineNode;
import org.batchengine.model.StoredText;
import org.batchengine.schedule.Schedule;
import org.batchengine.store.BatchStore;
import org.batchengine.store.HostTransaction;
import org.batchengine.store.NameInTenant;
import org.jspecify.annotations.Nullable;

/**
 * A batch engine embedded in a host application: {@link Batches} plus a lifecycle.
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
 * <p>Once built, an engine can submit and read. Once started, it also runs the batches in its store
 * whose job types it has registered, no matter which node submitted them. An engine without
 * processors, or one that is never started, acts as a client of the others.
 *
 * <p>Implemented by the engine. Later versions may add methods, with default bodies.
 */
public interface BatchEngine extends Batches, AutoCloseable {

  /**
   * Returns a builder for an engine on this store. The engine owns the store and closes it. A store
   * serves only one engine, but several stores may use the same database. Nothing is opened until
   * the engine is built.
   */
  static Builder builder(BatchStore store) {
    return new Builder(store);
  }

  /**
   * Starts to claim and run work, interrupted work included. Does nothing if already started.
   *
   * @throws IllegalStateException if the engine is closed, if the virtual machine has failed, or if
   *     a thread of the engine has not ended since {@link #stop}
   * @throws org.batchengine.model.StoreException if the store fails
   */
  void start();

  /**
   * Stops running work, and stays a client of the other engines: it submits, reads and steers as
   * before, and {@link #start} starts it again. Like {@link #close}, it claims nothing more, waits
   * up to {@link Builder#drainTimeout} for running calls, interrupts the rest, writes the results
   * and releases unfinished work to other nodes; if a call ignores even the interrupt, it leaves
   * its work as if the process had died. It then waits that long again for large submits that are
   * under way, and breaks off what has not ended by then, however late it began. Blocks until all
   * of that is done. Does nothing if not started.
   *
   * @throws IllegalStateException if called by an item, for which it would wait
   */
  void stop();

  /** {@return whether the engine was started, and neither stopped nor closed since} */
  boolean isStarted();

  /**
   * Returns whether this engine is working: whether claims, settlements and renewals are getting
   * through. Does not query the store and does not block, so it suits a health check. May also be
   * called after {@link #close}.
   */
  EngineHealth health();

  /** {@return this engine's metrics, for binding to a metrics library} */
  EngineMetrics metrics();

  /**
   * {@return the job types that this engine has a processor for, in the order of their
   * registration}
   */
  List<JobType<?, ?>> registeredTypes();

  /** {@return the codecs of payloads whose type has none of its own} */
  PayloadCodecs codecs();

  /**
   * Returns the engines that are connected to the store now, this one included, oldest first. One
   * that has died is listed until its session expires. Reads the store.
   *
   * @throws IllegalStateException if the engine is closed
   * @throws org.batchengine.model.StoreException if the store fails
   */
  List<EngineNode> nodes();

  /**
   * Deletes the batches of all tenants that ended more than {@code olderThan} ago: they are gone
   * for every reader when this returns, and their rows are removed in the background. Works in
   * steps: if the process dies half-way, call it again. Batches that somebody else is changing at
   * that moment are left out. {@link Builder#retention} does the same by itself.
   *
   * @param olderThan zero to 3,650 days, by the database's clock
   * @return the number of batches that this call deleted
   * @throws IllegalArgumentException if the duration is out of range
   * @throws IllegalStateException if the engine is closed
   * @throws org.batchengine.model.StoreException if the store fails
   */
  long removeEnded(Duration olderThan);

  /**
   * Closes the engine: stops claiming, waits up to {@link Builder#drainTimeout} for running calls,
   * interrupts the rest, writes the results, releases unfinished work to other nodes, and closes
   * the store. Blocks until all of that is done. Idempotent. Stored batches are unaffected and
   * continue at the next start. If a call ignores even the interrupt, the engine leaves its
   * unfinished work as if the process had died.
   */
  @Override
  void close();

  /**
   * Collects an engine's settings. Every method checks its arguments at once, throws {@link
   * IllegalArgumentException} if one is not allowed, and returns this builder. Builds one engine.
   * Not thread-safe.
   */
  final class Builder {
    private final BatchStore store;
    private final Map<String, Registration<?, ?>> registrations = new LinkedHashMap<>();
    private final List<BatchListener> listeners = new ArrayList<>();
    private final Map<String, UnaryOperator<JobOptions>> changes = new LinkedHashMap<>();
    private final List<CallInterceptor> interceptors = new ArrayList<>();
    private Supplier<Optional<? extends HostTransaction>> hostTransaction = Optional::empty;
    private List<JobType<BatchEnd, ?>> notified = List.of();
    private final Map<NameInTenant, EngineConfig.Scheduled> schedules = new LinkedHashMap<>();
    private JobOptions defaults = JobOptions.defaults();
    private PayloadCodecs codecs = PayloadCodecs.standard();
    private @Nullable String node;
    private Duration sessionExpiry = Duration.ofSeconds(12);
    private Duration pollInterval = Duration.ofSeconds(1);
    private Duration drainTimeout = Duration.ofSeconds(30);
    private @Nullable Duration retention;
    private @Nullable Duration payloadRetention;
    private Duration eventRetention = Duration.ofDays(90);
    private int maxPayload = 1 << 20;
    private @Nullable Executor executor;
    private boolean platformThreads;
    private @Nullable ClassLoader loader;
    private InstantSource clock = InstantSource.system();
    private boolean used;

    private Builder(BatchStore store) {
      this.store = requireNonNull(store, "store");
    }

    /**
     * Registers a processor that takes an item's input.
     *
     * @throws IllegalArgumentException if a type with this name is already registered
     */
    public <I, O> Builder register(
        JobType<I, O> type, ItemFunction<? super I, ? extends O> function) {
      return register(Registration.of(type, function));
    }

    /**
     * Registers a processor that takes an item's input, with options.
     *
     * @throws IllegalArgumentException if a type with this name is already registered
     */
    public <I, O> Builder register(
        JobType<I, O> type, ItemFunction<? super I, ? extends O> function, JobOptions options) {
      return register(Registration.of(type, function).with(options));
    }

    /**
     * Registers a processor that takes an item's input and its {@link ItemContext}.
     *
     * @throws IllegalArgumentException if a type with this name is already registered
     */
    public <I, O> Builder register(
        JobType<I, O> type, ItemProcessor<? super I, ? extends O> processor) {
      return register(Registration.of(type, processor));
    }

    /**
     * Registers a processor that takes an item's input and its {@link ItemContext}, with options.
     *
     * @throws IllegalArgumentException if a type with this name is already registered
     */
    public <I, O> Builder register(
        JobType<I, O> type, ItemProcessor<? super I, ? extends O> processor, JobOptions options) {
      return register(Registration.of(type, processor).with(options));
    }

    /**
     * Registers a processor that takes an item's input and has no output.
     *
     * @throws IllegalArgumentException if a type with this name is already registered
     */
    public <I> Builder registerAction(JobType<I, Void> type, ItemAction<? super I> action) {
      return register(Registration.action(type, action));
    }

    /**
     * Registers a processor that takes an item's input and has no output, with options.
     *
     * @throws IllegalArgumentException if a type with this name is already registered
     */
    public <I> Builder registerAction(
        JobType<I, Void> type, ItemAction<? super I> action, JobOptions options) {
      return register(Registration.action(type, action).with(options));
    }

    /**
     * Registers a processor that takes many items per call.
     *
     * @throws IllegalArgumentException if a type with this name is already registered
     */
    public <I, O> Builder registerBulk(JobType<I, O> type, BatchProcessor<I, O> processor) {
      return register(Registration.bulk(type, processor));
    }

    /**
     * Registers a processor that takes many items per call, with options.
     *
     * @throws IllegalArgumentException if a type with this name is already registered
     */
    public <I, O> Builder registerBulk(
        JobType<I, O> type, BatchProcessor<I, O> processor, JobOptions options) {
      return register(Registration.bulk(type, processor).with(options));
    }

    /**
     * Registers a processor that runs in the transaction that writes the item's outcome. The store
     * decides which kinds of transaction it offers; {@link #build} rejects any other.
     *
     * @param kind the transaction type passed to the processor, for example {@code
     *     Connection.class}
     * @throws IllegalArgumentException if a type with this name is already registered
     */
    public <I, O, T> Builder registerTransactional(
        JobType<I, O> type,
        Class<T> kind,
        TransactionalProcessor<? super I, ? extends O, ? super T> processor) {
      return register(Registration.transactional(type, kind, processor));
    }

    /**
     * Registers a processor that runs in the transaction that writes the item's outcome, with
     * options. The store decides which kinds of transaction it offers; {@link #build} rejects any
     * other.
     *
     * @param kind the transaction type passed to the processor, for example {@code
     *     Connection.class}
     * @throws IllegalArgumentException if a type with this name is already registered
     */
    public <I, O, T> Builder registerTransactional(
        JobType<I, O> type,
        Class<T> kind,
        TransactionalProcessor<? super I, ? extends O, ? super T> processor,
        JobOptions options) {
      return register(Registration.transactional(type, kind, processor).with(options));
    }

    /**
     * Registers a processor that takes many items per call, in the transaction that writes their
     * outcomes. The store decides which kinds of transaction it offers; {@link #build} rejects any
     * other.
     *
     * @param kind the transaction type passed to the processor, for example {@code
     *     Connection.class}
     * @throws IllegalArgumentException if a type with this name is already registered
     */
    public <I, O, T> Builder registerBulkTransactional(
        JobType<I, O> type, Class<T> kind, BulkTransactionalProcessor<I, O, ? super T> processor) {
      return register(Registration.bulkTransactional(type, kind, processor));
    }

    /**
     * Registers a processor that takes many items per call, in the transaction that writes their
     * outcomes, with options. The store decides which kinds of transaction it offers; {@link
     * #build} rejects any other.
     *
     * @param kind the transaction type passed to the processor, for example {@code
     *     Connection.class}
     * @throws IllegalArgumentException if a type with this name is already registered
     */
    public <I, O, T> Builder registerBulkTransactional(
        JobType<I, O> type,
        Class<T> kind,
        BulkTransactionalProcessor<I, O, ? super T> processor,
        JobOptions options) {
      return register(Registration.bulkTransactional(type, kind, processor).with(options));
    }

    /**
     * Adds a registration that was created elsewhere. Adding an equal one again changes nothing.
     *
     * @throws IllegalArgumentException if a type with this name is already registered, with another
     *     processor, other payload types or other options; names both processors
     */
    public Builder register(Registration<?, ?> registration) {
      var name = requireNonNull(registration, "registration").type().name();
      var earlier = registrations.putIfAbsent(name, registration);
      if (earlier != null) {
        earlier.mustEqual(registration);
      }
      return this;
    }

    /**
     * Adds registrations that were created elsewhere.
     *
     * @throws IllegalArgumentException if a type with the same name is already registered
     */
    public Builder registerAll(Collection<? extends Registration<?, ?>> registrations) {
      requireNonNull(registrations, "registrations").forEach(this::register);
      return this;
    }

    /**
     * Registers every {@link BatchProcessor} and every {@link FoundItemProcessor} that {@link
     * ServiceLoader} finds through the {@link #classLoader}, or through the thread's context class
     * loader if none was set, each with its own type and options.
     *
     * @throws IllegalArgumentException if a type with the same name is already registered
     * @throws UnsupportedOperationException if a {@code BatchProcessor} does not override {@code
     *     type()}
     * @throws java.util.ServiceConfigurationError if one cannot be loaded
     */
    public Builder registerFound() {
      ClassLoader from = loader == null ? Thread.currentThread().getContextClassLoader() : loader;
      for (BatchProcessor<?, ?> found : ServiceLoader.load(BatchProcessor.class, from)) {
        register(registrationOf(found));
      }
      for (FoundItemProcessor<?, ?> found : ServiceLoader.load(FoundItemProcessor.class, from)) {
        register(registrationOf(found));
      }
      return this;
    }

    /**
     * Options that a registration leaves unset. Defaults to the values documented in {@link
     * JobOptions}.
     */
    public Builder defaults(JobOptions options) {
      defaults = requireNonNull(options, "options");
      return this;
    }

    /**
     * Changes the options of a registered type, whoever registers it: for options that come from
     * configuration. Gets the options of the registration, completed by the {@link #defaults}.
     * {@link #build} rejects a type that is not registered.
     */
    public Builder options(String type, UnaryOperator<JobOptions> change) {
      changes.merge(
          requireNonNull(type, "type"),
          requireNonNull(change, "change"),
          (one, two) -> options -> two.apply(one.apply(options)));
      return this;
    }

    /**
     * Adds what runs around each call of a processor, of all types. The first that is added is the
     * outermost. None by default.
     */
    public Builder interceptor(CallInterceptor interceptor) {
      interceptors.add(requireNonNull(interceptor, "interceptor"));
      return this;
    }

    /**
     * The transaction of the host, if there is one at the moment, that a submit joins to which none
     * is given. Asked at each such submit, on its caller's thread. Nothing else joins it. By
     * default a submit joins no transaction.
     */
    public Builder hostTransaction(Supplier<Optional<? extends HostTransaction>> current) {
      hostTransaction = requireNonNull(current, "current");
      return this;
    }

    /** How payloads are converted to text. Defaults to {@link PayloadCodecs#standard}. */
    public Builder codecs(PayloadCodecs codecs) {
      this.codecs = requireNonNull(codecs, "codecs");
      return this;
    }

    /**
     * Adds a listener. Several listeners are called in the order they were added. None by default.
     */
    public Builder listener(BatchListener listener) {
      listeners.add(requireNonNull(listener, "listener"));
      return this;
    }

    /**
     * The job types that are told of the end of every batch that this engine submits, as by {@link
     * BatchRequest#notify(JobType...)}, after those that the request names. Batches of one of these
     * types are told to none of them, so nothing loops. Stored with each batch: batches that were
     * submitted before, or by an engine without this, are not told. Replaces the types that were
     * named before. None by default.
     *
     * @param types at most ten; a second one of the same name does not count
     * @throws IllegalArgumentException if they are too many; at {@link #build}, if a type has
     *     another codec for {@code BatchEnd} than the built-in one, or a type of its name is
     *     registered with other payloads
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // the array is only read
    public final Builder notifyAll(JobType<BatchEnd, ?>... types) {
      notified = Notices.types(types);
      return this;
    }

    /**
     * Submits a batch whenever a schedule fires, for as long as the engine is started. On all nodes
     * with this schedule together, each fire is submitted once.
     *
     * <p>The schedule is stored when the engine is started, unless the code said the same of it
     * before: so a pause, and what {@link BatchSchedules#put} changed, outlives restarts. A
     * schedule that is gone from the code stays, and its fires wait, until it is {@linkplain
     * BatchSchedules#remove removed}. The engine needs one more connection for this.
     *
     * @param schedule without a template; of the tenant {@code default} if it names none
     * @param code makes the request of each fire
     * @return this
     * @throws IllegalArgumentException if the schedule has a template, or its tenant has another
     *     one of this name here
     */
    public Builder schedule(Schedule schedule, ScheduledRequest code) {
      requireNonNull(code, "code");
      if (schedule.template().isPresent()) {
        throw new IllegalArgumentException(
            "schedule \"%s\" has the template \"%s\", so it needs no code: put it with schedules()"
                .formatted(schedule.name(), schedule.template().get()));
      }
      Schedule own = schedule.tenant(schedule.tenant().orElse(BatchRequest.DEFAULT_TENANT));
      var name = new NameInTenant(own.tenant().orElseThrow(), own.name());
      if (schedules.putIfAbsent(name, new EngineConfig.Scheduled(own, code)) != null) {
        throw new IllegalArgumentException(
            "schedule \"%s\" of tenant \"%s\" is given twice: name each in its own way"
                .formatted(name.name(), name.tenant()));
      }
      return this;
    }

    /**
     * This engine's name in logs and in the store. Need not be unique. Defaults to the host name
     * and process id.
     *
     * @param name not blank, at most 200 characters
     */
    public Builder node(String name) {
      node = Arguments.text("node", name, 200);
      return this;
    }

    /**
     * How long this engine may be out of touch with the store before other nodes take over its
     * work. Defaults to 12 seconds.
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
     * Work it submits itself starts at once. Defaults to 1 second.
     *
     * @param interval 10 milliseconds to 1 minute
     */
    public Builder pollInterval(Duration interval) {
      pollInterval =
          Arguments.between("pollInterval", interval, Duration.ofMillis(10), Duration.ofMinutes(1));
      return this;
    }

    /**
     * How long {@link BatchEngine#close} waits for running calls. Defaults to 30 seconds.
     *
     * @param timeout zero to 1 hour
     */
    public Builder drainTimeout(Duration timeout) {
      drainTimeout = Arguments.between("drainTimeout", timeout, Duration.ZERO, Duration.ofHours(1));
      return this;
    }

    /**
     * How long to keep batches after they end. They are then deleted as by {@link Batches#delete},
     * a few at a time. Applies to all batches in the store. By default batches are kept forever.
     *
     * @param afterEnd 1 minute to 3,650 days
     */
    public Builder retention(Duration afterEnd) {
      retention =
          Arguments.between("retention", afterEnd, Duration.ofMinutes(1), Duration.ofDays(3650));
      return this;
    }

    /**
     * How long to keep inputs and outputs after their batch ends. They are then removed as by
     * {@link Batches#purgePayloads}, a few at a time; everything else is kept for {@link
     * #retention}. Applies to all batches in the store. By default payloads are kept as long as
     * their batch.
     *
     * @param afterEnd 1 minute to 3,650 days
     */
    public Builder payloadRetention(Duration afterEnd) {
      payloadRetention =
          Arguments.between(
              "payloadRetention", afterEnd, Duration.ofMinutes(1), Duration.ofDays(3650));
      return this;
    }

    /**
     * How long to keep events, which the {@linkplain Batches#feed() feed} and the {@linkplain
     * Batches#audit() audit} show. They are kept that long even if their batch is deleted, and no
     * longer even if it is not. Applies to all events in the store; give all nodes the same.
     *
     * @param age 1 minute to 3,650 days; defaults to 90 days
     */
    public Builder eventRetention(Duration age) {
      eventRetention =
          Arguments.between("eventRetention", age, Duration.ofMinutes(1), Duration.ofDays(3650));
      return this;
    }

    /**
     * Maximum size of an input or output as UTF-8 text. Defaults to 1 MiB.
     *
     * @param bytes 1 to 67,108,864 (64 MiB)
     */
    public Builder maxPayload(int bytes) {
      maxPayload = Arguments.between("maxPayload", bytes, 1, 64 << 20);
      return this;
    }

    /**
     * Runs processors on the host's executor, which the engine never shuts down. The executor must
     * not run tasks on the calling thread, and needs as many threads as all {@link
     * JobOptions#concurrency} values combined. By default the engine uses its own threads, virtual
     * ones where the JDK has them.
     *
     * @throws IllegalStateException after {@link #platformThreads}
     */
    public Builder executor(Executor executor) {
      this.executor = requireNonNull(executor, "executor");
      return withOneKindOfThreads();
    }

    /**
     * Runs processors on the engine's own platform threads, even where virtual threads are
     * available.
     *
     * @throws IllegalStateException after {@link #executor}
     */
    public Builder platformThreads() {
      platformThreads = true;
      return withOneKindOfThreads();
    }

    /**
     * The context class loader of all threads of this engine; those of an {@link #executor} have
     * their own. Defaults to the one that loaded this library. Set it if that is not the one of the
     * processors, as when several applications of a server share the library.
     */
    public Builder classLoader(ClassLoader loader) {
      this.loader = requireNonNull(loader, "loader");
      return this;
    }

    /**
     * The clock for event times and waits. The store has its own clock. Defaults to the system
     * clock.
     */
    public Builder clock(InstantSource clock) {
      this.clock = requireNonNull(clock, "clock");
      return this;
    }

    /**
     * Builds an engine that submits and reads but claims nothing. Connects the store, and creates
     * or checks its schema. If this throws, the store is closed.
     *
     * @throws IllegalStateException if this builder was used before, or if another engine has the
     *     store open, which it keeps
     * @throws org.batchengine.model.StoreException if the store cannot be used; the message says
     *     why
     */
    public BatchEngine build() {
      return built(() -> Engine.build(config()));
    }

    /**
     * Builds an engine and starts it. If this throws, the store is closed.
     *
     * @throws IllegalStateException if this builder was used before, or if another engine has the
     *     store open, which it keeps
     * @throws org.batchengine.model.StoreException if the store cannot be used; the message says
     *     why
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
     * @throws IllegalStateException if this builder was used before, or if another engine has the
     *     store open, which it keeps
     * @throws org.batchengine.model.StoreException if the store cannot be used; the message says
     *     why
     */
    public ManualEngine manual() {
      return built(() -> Engine.manual(config()));
    }

    EngineConfig config() {
      refuseUnknownTypes();
      var complete = new LinkedHashMap<String, Registration<?, ?>>();
      registrations.forEach((name, registration) -> complete.put(name, complete(registration)));
      return new EngineConfig(
          store,
          Collections.unmodifiableMap(complete),
          defaults,
          codecs,
          hostTransaction,
          List.copyOf(listeners),
          notified,
          Collections.unmodifiableMap(new LinkedHashMap<>(schedules)),
          node != null ? node : nameOfThisProcess(),
          sessionExpiry,
          pollInterval,
          drainTimeout,
          retention,
          payloadRetention,
          eventRetention,
          maxPayload,
          executor,
          platformThreads,
          loader != null ? loader : loaderOfThisLibrary(),
          clock);
    }

    private void refuseUnknownTypes() {
      for (String type : changes.keySet()) {
        if (!registrations.containsKey(type)) {
          throw new IllegalArgumentException(
              "options are set for the job type \"%s\", which is not registered; registered are %s"
                  .formatted(type, registrations.keySet()));
        }
      }
    }

    private Registration<?, ?> complete(Registration<?, ?> registration) {
      JobOptions options = registration.options().orElse(defaults);
      Registration<?, ?> complete =
          registration.with(
              changes
                  .getOrDefault(registration.type().name(), UnaryOperator.identity())
                  .apply(options));
      for (int i = interceptors.size() - 1; i >= 0; i--) {
        complete = complete.within(interceptors.get(i));
      }
      return complete;
    }

    /** That of the building thread if the library belongs to the virtual machine. */
    private static ClassLoader loaderOfThisLibrary() {
      ClassLoader own = BatchEngine.class.getClassLoader();
      ClassLoader found = own != null ? own : Thread.currentThread().getContextClassLoader();
      return found != null ? found : ClassLoader.getSystemClassLoader();
    }

    private <T> T built(Supplier<T> engine) {
      if (used) {
        throw new IllegalStateException(
            "this builder has already built its engine; take a new builder with a new store");
      }
      used = true;
      return engine.get();
    }

    static <T> T closedIfItFails(Runnable close, Supplier<T> step) {
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
            "executor and platformThreads cannot be combined: an executor brings its own threads");
      }
      return this;
    }

    private static <I, O> Registration<I, O> registrationOf(BatchProcessor<I, O> found) {
      return Registration.bulk(found.type(), found).with(found.options());
    }

    private static <I, O> Registration<I, O> registrationOf(FoundItemProcessor<I, O> found) {
      return Registration.of(found.type(), found).with(found.options());
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
