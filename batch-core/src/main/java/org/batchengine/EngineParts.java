package org.batchengine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.batchengine.engine.claim.ClaimInHand;
import org.batchengine.engine.claim.Dispatcher;
import org.batchengine.engine.claim.FreshClaims;
import org.batchengine.engine.claim.GivingBack;
import org.batchengine.engine.claim.InputLoading;
import org.batchengine.engine.claim.LimitAsks;
import org.batchengine.engine.claim.Looking;
import org.batchengine.engine.claim.OverdueClaims;
import org.batchengine.engine.claim.SequentialClaims;
import org.batchengine.engine.claim.SuspectTurn;
import org.batchengine.engine.feed.Subscriptions;
import org.batchengine.engine.lease.Leases;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.limit.Allowances;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.EngineClock;
import org.batchengine.engine.loop.Events;
import org.batchengine.engine.loop.FailureLog;
import org.batchengine.engine.loop.Lanes;
import org.batchengine.engine.loop.LockedRows;
import org.batchengine.engine.loop.Monitor;
import org.batchengine.engine.loop.Pulses;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.mend.AbandonedSubmits;
import org.batchengine.engine.mend.Budgets;
import org.batchengine.engine.mend.Deadlines;
import org.batchengine.engine.mend.Dependents;
import org.batchengine.engine.mend.EventRetention;
import org.batchengine.engine.mend.Filling;
import org.batchengine.engine.mend.Health;
import org.batchengine.engine.mend.LateEndings;
import org.batchengine.engine.mend.Maintenance;
import org.batchengine.engine.mend.Notifier;
import org.batchengine.engine.mend.ParkedCount;
import org.batchengine.engine.mend.PayloadRetention;
import org.batchengine.engine.mend.Reaping;
import org.batchengine.engine.mend.Rebuilding;
import org.batchengine.engine.mend.Removal;
import org.batchengine.engine.mend.Retention;
import org.batchengine.engine.mend.SteeredElsewhere;
import org.batchengine.engine.mend.Stopping;
import org.batchengine.engine.mend.StoreCheck;
import org.batchengine.engine.mend.Sweeping;
import org.batchengine.engine.mend.Unserved;
import org.batchengine.engine.report.Reports;
import org.batchengine.engine.run.InputRoom;
import org.batchengine.engine.run.TypeSettings;
import org.batchengine.engine.run.WorkQueue;
import org.batchengine.engine.run.Worker;
import org.batchengine.engine.run.WorkerThreads;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.schedule.UnservedSchedules;
import org.batchengine.engine.session.Renewal;
import org.batchengine.engine.session.SessionKeeper;
import org.batchengine.engine.settle.Announcements;
import org.batchengine.engine.settle.AnswerConsequences;
import org.batchengine.engine.settle.Answers;
import org.batchengine.engine.settle.Completions;
import org.batchengine.engine.settle.Consequences;
import org.batchengine.engine.settle.Endings;
import org.batchengine.engine.settle.Judgements;
import org.batchengine.engine.settle.SettlementQueue;
import org.batchengine.engine.settle.Settler;
import org.batchengine.engine.verdict.Verdicts;
import org.batchengine.limit.Limit;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchIdGenerator;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.jspecify.annotations.Nullable;

/** The parts of an engine, wired together. None of them runs by itself. */
final class EngineParts {
  final EngineConfig config;
  final BatchStore store;
  final EngineClock clock;
  final WorkerThreads threads;

  final Signal dispatcherSignal = new Signal();
  final Signal settlerSignal = new Signal();
  final Signal maintenanceSignal = new Signal();
  final Signal renewalSignal = new Signal();

  /** Set when calls should leave soon and no further item may be started. */
  final AtomicBoolean closing = new AtomicBoolean();

  /** Set when the store is closed. */
  final AtomicBoolean closed = new AtomicBoolean();

  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  final FailureLog failures;
  final Pulses pulses;
  final LockedRows locked;
  final Events events;
  final Lanes lanes;
  final EngineMetrics.Recorders recorders;

  final SessionKeeper sessions;
  final Renewal renewal;
  final Leases leases;
  final InputRoom inputRoom = new InputRoom();
  final Allowances allowances;
  final Map<String, Workers> workers;
  final SettlementQueue settlements;
  final Settler settler;
  final Completions completions;
  final Looking looking;
  final GivingBack givingBack;
  final Dispatcher dispatcher;
  final Stopping stopping;
  final Dependents dependents;
  final Filling filling;
  final SteeredElsewhere steeredElsewhere;
  final Removal removal;
  final ParkedCount parked;
  final StoreCheck storeCheck;
  final Unserved unserved;
  final Maintenance maintenance;
  final BatchIdGenerator ids;
  final RequestSubmitter submitter;
  final Health health;
  final Reports reports;
  final Subscriptions subscriptions;
  final Answers answers;
  final ScheduleParts schedules;
  final UnservedSchedules unservedSchedules;

  /**
   * Wires the parts.
   *
   * @param hostCode runs listeners and the like: on other threads, or at once
   * @param random of all threads; ids must not be guessed from it
   * @param grace how long an interrupted call may take to return before it is given up
   */
  EngineParts(
      EngineConfig config,
      WorkerThreads threads,
      Executor hostCode,
      EngineClock clock,
      RandomGenerator random,
      Duration grace) {
    this.config = config;
    this.threads = threads;
    this.clock = clock;
    allowances = new Allowances(dispatcherSignal, clock.nanos());
    store = config.store();
    reports = new Reports(store, clock.nanos());
    failures = new FailureLog(quiet(), clock.nanos());
    pulses = Pulses.of(clock);
    locked = new LockedRows(clock.nanos());
    lanes = new Lanes(hostCode, clock.nanos(), this::fail);
    recorders = new EngineMetrics.Recorders(lanes);
    events = new Events(listeners());
    sessions =
        new SessionKeeper(
            store.sessions(),
            config.node(),
            config.sessionExpiry(),
            clock.nanos(),
            pulses.renewals());
    renewal = new Renewal(sessions, maintenanceSignal);
    leases = new Leases(config.pollInterval(), clock.nanos(), dispatcherSignal);
    looking = new Looking(config.pollInterval(), clock.nanos(), random, dispatcherSignal);
    completions =
        new Completions(
            store.reading(), events, poll(), lanes.independent("host code on completions"));
    settlements = new SettlementQueue(clock.nanos(), settlerSignal);

    removal = new Removal(store.sweeping(), maintenanceSignal);
    LateEndings lateEndings =
        new LateEndings(store.settling(), completions, removal, locked, maintenanceSignal);
    stopping = new Stopping(store.sweeping(), lateEndings, maintenanceSignal, locked);
    filling =
        new Filling(store.waiting(), stopping, lateEndings, maintenanceSignal, looking::lookSoon);
    dependents =
        new Dependents(store.waiting(), stopping, lateEndings, maintenanceSignal, this::released);
    completions.tellOfEnds(dependents::ended);
    steeredElsewhere = new SteeredElsewhere(store, sessions, leases, stopping, allowances);
    parked = new ParkedCount(store.sweeping(), recorders, sweep());
    storeCheck = new StoreCheck(store, sweep());
    unserved = new Unserved(store.sweeping(), sessions, config.registrations().keySet(), sweep());
    ids = BatchIdGenerator.of(clock.instants(), random);
    AbandonedSubmits abandoned = new AbandonedSubmits(store, poll(), locked);
    subscriptions = new Subscriptions(store, clock.nanos(), maintenanceSignal);
    submitter = new RequestSubmitter(config, sessions, abandoned, ids, events, completions);
    schedules = new ScheduleParts(config, sessions, submitter, this::scheduled, this::poll, locked);
    unservedSchedules = new UnservedSchedules(store.schedules(), sweep());
    maintenance = maintenance(lateEndings, abandoned);

    refuseUnknownTransactions();
    Map<String, Verdicts> verdicts = new TreeMap<>();
    config
        .registrations()
        .forEach((type, each) -> verdicts.put(type, verdicts(each.options(), random)));
    Monitor monitor = new Monitor(pulses.settles(), recorders, locked, clock.nanos());
    Judgements judgements =
        new Judgements(store, leases, events, config.node(), stopping::cancelSoon, monitor);
    Announcements announcements = new Announcements(store.reading(), events, clock);
    settler = settler(verdicts, judgements, announcements, monitor);
    Verdicts ofOthers = verdicts(config.defaults(), random);
    answers =
        new Answers(
            store.settling(),
            sessions,
            batch -> new LiveBatch(batch, config.codecs(), clock.nanos().getAsLong()),
            type -> verdicts.getOrDefault(type, ofOthers),
            new AnswerConsequences(
                leases, judgements, announcements, monitor, lateEndings::lookSoon),
            new Answers.Patience(clock.nanos(), this::pause));
    workers = new TreeMap<>();
    config
        .registrations()
        .forEach(
            (type, each) ->
                workers.put(
                    type, workers(each, Objects.requireNonNull(verdicts.get(type)), grace)));
    InputLoading loading =
        new InputLoading(
            store.claiming(), workers, verdicts, settlements, pulses.claims(), clock.nanos());
    givingBack = new GivingBack(workers.values(), loading, settlements, looking);
    dispatcher = dispatcher(loading);

    health = new Health(sessions, settlements, workers.values(), pulses, locked, clock);
  }

  /** Limits were changed by this node, and hold here at once. */
  void limitsChanged() {
    LimitAsks.read(store.limits(), allowances, workers);
    dispatcherSignal.raise();
  }

  /** Without threads nothing happens meanwhile. */
  private boolean pause(long nanos) {
    if (threads.areNone() || closed.get() || Thread.currentThread().isInterrupted()) {
      return false;
    }
    LockSupport.parkNanos(this, nanos);
    return true;
  }

  /** A batch was submitted that tells of an end. */
  private void toldOfAnEnd(BatchId delivery) {
    submitter.tell(delivery);
    looking.lookSoon();
  }

  private @Nullable Listeners listeners() {
    return config.listeners().isEmpty() ? null : new Listeners(config.listeners(), lanes);
  }

  /** {@return the type whose item is being called on this thread; null if none is} */
  @Nullable String typeOnThisThread() {
    for (Workers each : workers.values()) {
      if (each.areOnThisThread()) {
        return each.type();
      }
    }
    return null;
  }

  private Cadence poll() {
    return new Cadence(config.pollInterval(), clock.nanos());
  }

  private Cadence sweep() {
    return new Cadence(Sweeping.INTERVAL, clock.nanos());
  }

  /** Twice the longest interval between two tries of anything. */
  private Duration quiet() {
    Duration poll = config.pollInterval();
    return (poll.compareTo(Sweeping.INTERVAL) > 0 ? poll : Sweeping.INTERVAL).multipliedBy(2);
  }

  private Maintenance maintenance(LateEndings lateEndings, AbandonedSubmits abandoned) {
    List<Step> onceStarted = new ArrayList<>();
    onceStarted.add(
        new Reaping(store.sessions(), sessions, poll(), clock.nanos(), looking::lookSoon));
    onceStarted.add(new Deadlines(store, config.node(), stopping, poll(), locked));
    Rebuilding rebuilding =
        new Rebuilding(
            store.sweeping(), leases, config.node(), config.sessionExpiry(), clock.nanos());
    onceStarted.add(
        new Sweeping(
            store.sweeping(), rebuilding, lateEndings, stopping, removal, filling, sweep()));
    onceStarted.add(new Budgets(store, config.node(), sweep(), locked));
    onceStarted.add(dependents.sweeping(sweep()));
    onceStarted.add(parked);
    Duration retention = config.retention();
    if (retention != null) {
      onceStarted.add(new Retention(store.sweeping(), retention, removal, sweep()));
    }
    Duration payloads = config.payloadRetention();
    if (payloads != null) {
      onceStarted.add(new PayloadRetention(store.sweeping(), payloads, config.node(), sweep()));
    }
    onceStarted.add(new Notifier(store, ids, config.node(), this::toldOfAnEnd, poll(), locked));
    onceStarted.addAll(schedules.steps());
    onceStarted.add(new EventRetention(store, config.eventRetention(), sweep()));
    return new Maintenance(
        completions,
        List.of(
            steeredElsewhere,
            stopping,
            lateEndings,
            dependents,
            filling,
            removal,
            abandoned,
            subscriptions,
            storeCheck,
            unserved,
            unservedSchedules),
        onceStarted);
  }

  /** Batches that waited for others wait for nothing any more. */
  private void released() {
    filling.lookSoon();
    looking.lookSoon();
  }

  private void scheduled(BatchId batch) {
    released();
    dependents.submitted(batch);
  }

  private Verdicts verdicts(JobOptions options, RandomGenerator random) {
    return new Verdicts(
        options.retry(),
        options.retryIf().orElse(null),
        config.maxPayload(),
        clock,
        random,
        config.pollInterval().multipliedBy(2));
  }

  private Settler settler(
      Map<String, Verdicts> verdicts,
      Judgements judgements,
      Announcements announcements,
      Monitor monitor) {
    Consequences consequences =
        new Consequences(
            leases,
            new Endings(store.settling(), completions, monitor),
            judgements,
            announcements,
            monitor);
    return new Settler(store.settling(), sessions, settlements, verdicts, consequences, monitor);
  }

  private <I, O> Workers workers(Registration<I, O> registration, Verdicts rules, Duration grace) {
    TypeSettings settings = registration.settings();
    return new Workers(
        settings,
        registration.processor().calls(registration.type(), config, rules, clock.nanos()),
        of -> new Worker(of, settlements, clock.nanos(), closing::get, this::fail, grace),
        threads,
        new WorkQueue(settings, dispatcherSignal, inputRoom, allowances, clock.nanos()),
        rules.slowDown());
  }

  private Dispatcher dispatcher(InputLoading loading) {
    Monitor monitor = new Monitor(pulses.claims(), recorders, locked, clock.nanos());
    ClaimInHand hand =
        new ClaimInHand(
            store, leases, loading, allowances, config.codecs(), this::tellStarted, monitor);
    SuspectTurn suspects =
        new SuspectTurn(store.claiming(), hand, leases, workers, givingBack, looking);
    SequentialClaims sequential =
        new SequentialClaims(store.claiming(), hand, leases, workers.values(), suspects, looking);
    OverdueClaims overdue =
        new OverdueClaims(store.claiming(), hand, workers.values(), settlements, sweep());
    Map<String, Limit> declared = new TreeMap<>();
    config.registrations().forEach((type, each) -> declared.put(type, each.options().limit()));
    LimitAsks limits =
        new LimitAsks(
            store.limits(), allowances, workers, declared, config.sessionExpiry(), looking);
    FreshClaims fresh =
        new FreshClaims(
            store.claiming(),
            hand,
            leases,
            workers.values(),
            settlements,
            limits,
            looking,
            pulses.claims());
    return new Dispatcher(
        sessions,
        leases,
        workers.values(),
        List.of(limits, hand, loading, givingBack, sequential, overdue, suspects, fresh),
        looking,
        monitor);
  }

  private void tellStarted(BatchHeader batch) {
    if (events.areHeard()) {
      store
          .reading()
          .find(batch.id(), null)
          .ifPresent(
              job -> events.fire(() -> new BatchEvent.Started(job, clock.instants().instant())));
    }
  }

  private void refuseUnknownTransactions() {
    for (Registration<?, ?> each : config.registrations().values()) {
      Class<?> kind = each.processor().transaction();
      if (kind != null && !store.settling().hasTransactions(kind)) {
        throw new IllegalArgumentException(
            "job type \"%s\" needs transactions of %s, which %s does not support"
                .formatted(each.type().name(), kind.getName(), store.getClass().getSimpleName()));
      }
    }
  }

  /** The engine works from here on, for the first time or again. */
  void resume() {
    closing.set(false);
    schedules.defineAnew();
    dispatcher.resume();
    maintenance.start();
    maintenanceSignal.raise();
    looking.lookSoon();
  }

  /** The engine has stopped, so nothing of its work can fail. */
  void rest() {
    maintenance.stop();
    pulses.claims().rests();
    pulses.settles().rests();
  }

  /**
   * The virtual machine has failed: stops claiming and renewing, so that the session lapses and
   * others take over what this JVM cannot finish.
   */
  void fail(Throwable how) {
    failure.compareAndSet(null, how);
    dispatcher.stop();
    closing.set(true);
    renewal.stop();
    maintenance.fail();
  }

  boolean hasFailed() {
    return renewal.isStopped();
  }

  /** How the virtual machine has failed, in words. */
  String failure() {
    Throwable how = failure.get();
    String words = how instanceof OutOfMemoryError ? ": the heap, or other memory, ran out" : "";
    return "the virtual machine has failed%s (%s); other nodes take over the work"
        .formatted(words, how);
  }

  boolean areQuiet() {
    return workers.values().stream().allMatch(Workers::areQuiet);
  }
}
