package org.batchengine;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchIdGenerator;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;

/**
 * The parts of an engine, put together: nothing of it runs by itself.
 *
 * @param closing set when calls should leave soon and no item be started any more
 * @param closed set when the store is closed
 */
record Machinery(
    EngineConfig config,
    BatchStore store,
    Sessions sessions,
    Events events,
    Completions completions,
    Leases leases,
    Submitter submitter,
    Map<String, Workers> workers,
    WorkerThreads threads,
    Settler settler,
    Dispatcher dispatcher,
    Maintenance maintenance,
    Signal dispatcherSignal,
    Signal settlerSignal,
    Signal maintenanceSignal,
    AtomicBoolean closing,
    AtomicBoolean closed,
    Vitals vitals,
    Recorders recorders,
    Outage outage,
    LongSupplier nanos) {

  /**
   * Wires the parts.
   *
   * @param fatal called by a worker when the virtual machine itself has failed
   * @param grace how long an interrupted call may take to return before it is given up
   */
  static Machinery of(
      EngineConfig config,
      WorkerThreads threads,
      LongSupplier nanos,
      Supplier<RandomGenerator> random,
      Runnable fatal,
      Duration grace) {
    BatchStore store = config.store();
    InstantSource clock = config.clock();
    Signal toDispatcher = new Signal();
    Signal toSettler = new Signal();
    Signal toMaintenance = new Signal();
    AtomicBoolean closing = new AtomicBoolean();
    Vitals vitals = Vitals.of(clock, nanos);
    Recorders recorders = new Recorders();
    Sessions sessions =
        new Sessions(store, config.node(), config.sessionExpiry(), nanos, vitals.renewals());
    Events events = new Events(config.listeners());
    Completions completions = new Completions(store, events);
    Leases leases = new Leases(config.pollInterval(), nanos, toDispatcher);
    Submitter submitter =
        new Submitter(
            store,
            sessions,
            config.codecs(),
            BatchIdGenerator.of(clock, random.get()),
            config.maxPayload(),
            events,
            completions);
    Maintenance maintenance =
        new Maintenance(
            store,
            sessions,
            completions,
            submitter,
            leases,
            config.node(),
            config.retention(),
            config.pollInterval(),
            nanos,
            recorders,
            toMaintenance,
            toDispatcher);
    Map<String, Verdicts> verdicts = new TreeMap<>();
    config
        .registrations()
        .forEach(
            (type, registration) ->
                verdicts.put(
                    type,
                    new Verdicts(registration.options(), config.maxPayload(), clock, random)));
    Settler settler =
        new Settler(
            store,
            sessions,
            completions,
            leases,
            verdicts,
            events,
            clock,
            config.node(),
            maintenance::cancelSoon,
            nanos,
            vitals.settles(),
            recorders,
            toSettler);
    Map<String, Workers> workers = new TreeMap<>();
    verdicts.forEach(
        (type, rules) -> {
          Registration<?, ?> registration = config.registrations().get(type);
          if (registration != null) {
            workers.put(
                type,
                new Workers(
                    type,
                    registration.options(),
                    itemsPerCall(registration),
                    registration.processor() instanceof Processor.PerTransaction,
                    calls(registration, config, rules, nanos),
                    of -> new Worker(of, settler, nanos, closing::get, fatal, grace),
                    threads,
                    toDispatcher));
          }
        });
    Dispatcher dispatcher =
        new Dispatcher(
            store,
            sessions,
            leases,
            workers,
            settler,
            config.codecs(),
            batch -> tellStarted(batch, store, events, clock),
            config.pollInterval(),
            nanos,
            vitals.claims(),
            recorders,
            random,
            toDispatcher);
    return new Machinery(
        config,
        store,
        sessions,
        events,
        completions,
        leases,
        submitter,
        workers,
        threads,
        settler,
        dispatcher,
        maintenance,
        toDispatcher,
        toSettler,
        toMaintenance,
        closing,
        new AtomicBoolean(),
        vitals,
        recorders,
        new Outage(quiet(config.pollInterval()), nanos),
        nanos);
  }

  /** The slowest of what is tried again is tried with each poll, or each sweep. */
  private static Duration quiet(Duration pollInterval) {
    Duration slowest =
        pollInterval.compareTo(Maintenance.SWEEP) > 0 ? pollInterval : Maintenance.SWEEP;
    return slowest.multipliedBy(2);
  }

  private static void tellStarted(
      BatchHeader batch, BatchStore store, Events events, InstantSource clock) {
    if (events.areHeard()) {
      store
          .reading()
          .find(batch.id(), null)
          .ifPresent(job -> events.fire(() -> new BatchEvent.Started(job, clock.instant())));
    }
  }

  /** Refuses processors that want transactions which the store, connected by now, lacks. */
  static void refuseUnknownTransactions(EngineConfig config) {
    for (Registration<?, ?> each : config.registrations().values()) {
      if (each.processor() instanceof Processor.PerTransaction<?, ?, ?> transactional
          && !config.store().settling().hasTransactions(transactional.kind())) {
        throw new IllegalArgumentException(
            "job type \"%s\" wants transactions of %s, which %s does not have"
                .formatted(
                    each.type().name(),
                    transactional.kind().getName(),
                    config.store().getClass().getSimpleName()));
      }
    }
  }

  private static int itemsPerCall(Registration<?, ?> registration) {
    int chunkSize = registration.options().chunkSize();
    if (registration.processor() instanceof Processor.PerTransaction) {
      return Math.min(chunkSize, TransactionCall.MOST_ITEMS);
    }
    return registration.processor() instanceof Processor.PerChunk ? chunkSize : 1;
  }

  private static <I, O> Workers.Calls calls(
      Registration<I, O> registration, EngineConfig config, Verdicts verdicts, LongSupplier nanos) {
    PayloadCodec<I> inputs = registration.type().inputCodec(config.codecs());
    PayloadCodec<O> outputs = registration.type().outputCodec(config.codecs());
    Processor<I, O> processor = registration.processor();
    if (processor instanceof Processor.PerChunk<I, O> bulk) {
      return (items, cancelled) ->
          new BulkCall<>(bulk.code(), inputs, outputs, verdicts, List.copyOf(items), cancelled);
    }
    if (processor instanceof Processor.PerTransaction<I, O, ?> transactional) {
      return transactions(transactional, inputs, outputs, config.store(), verdicts, nanos);
    }
    ItemProcessor<I, O> code = ((Processor.PerItem<I, O>) processor).code();
    return (items, cancelled) ->
        new ItemCall<>(code, inputs, outputs, verdicts, items.get(0), cancelled);
  }

  private static <I, O, T> Workers.Calls transactions(
      Processor.PerTransaction<I, O, T> processor,
      PayloadCodec<I> inputs,
      PayloadCodec<O> outputs,
      BatchStore store,
      Verdicts verdicts,
      LongSupplier nanos) {
    TransactionCall.Items<T> calls =
        (item, transaction, cancelled) ->
            new ItemCall<>(
                (input, context) -> processor.code().process(input, transaction, context),
                inputs,
                outputs,
                verdicts,
                item,
                cancelled);
    return (items, cancelled) ->
        new TransactionCall<>(
            session -> store.settling().beginTransaction(processor.kind(), session),
            calls,
            verdicts,
            List.copyOf(items),
            cancelled,
            nanos);
  }
}
