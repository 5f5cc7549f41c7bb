package org.batchengine;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.InvalidRequestException;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.Violation;
import org.batchengine.schedule.Schedule;
import org.batchengine.store.BatchStore;
import org.batchengine.store.HostTransaction;
import org.batchengine.store.NameInTenant;
import org.jspecify.annotations.Nullable;

/**
 * What a builder has checked.
 *
 * @param registrations by the name of their type, their options complete
 * @param hostTransaction the transaction that submits join, if there is one at the moment
 * @param notified the types that are told of the end of each batch that is submitted here
 * @param schedules those whose requests code makes here
 * @param retention how long ended batches are kept; null: for ever
 * @param payloadRetention how long the payloads of ended batches are kept; null: as long as these
 * @param eventRetention how long events are kept
 * @param executor runs host code; null: threads of the engine's own
 * @param platformThreads no virtual threads, even where there are any
 * @param loader the context class loader of all threads
 */
record EngineConfig(
    BatchStore store,
    Map<String, Registration<?, ?>> registrations,
    JobOptions defaults,
    PayloadCodecs codecs,
    Supplier<Optional<? extends HostTransaction>> hostTransaction,
    List<BatchListener> listeners,
    List<JobType<BatchEnd, ?>> notified,
    Map<NameInTenant, Scheduled> schedules,
    String node,
    Duration sessionExpiry,
    Duration pollInterval,
    Duration drainTimeout,
    @Nullable Duration retention,
    @Nullable Duration payloadRetention,
    Duration eventRetention,
    int maxPayload,
    @Nullable Executor executor,
    boolean platformThreads,
    ClassLoader loader,
    InstantSource clock) {

  /** A schedule, with its tenant, and the code that makes its requests. */
  record Scheduled(Schedule schedule, ScheduledRequest code) {}

  private List<Registration<?, ?>> transactional() {
    return registrations.values().stream()
        .filter(each -> each.processor().transaction() != null)
        .toList();
  }

  /** A type of this name that is registered here must have the same payloads and measures. */
  void refuseAnother(JobType<?, ?> type) {
    Registration<?, ?> registration = registrations.get(type.name());
    if (registration == null) {
      return;
    }
    JobType<?, ?> registered = registration.type();
    if (!registered.hasPayloadsOf(type, codecs)) {
      throw new IllegalArgumentException(
          "%s has the name of %s, which is registered here with other payloads; use the same JobType for both, or give one of them another name"
              .formatted(type, registered));
    }
    if (!registered.measures().equals(type.measures())) {
      throw new IllegalArgumentException(
          "job type \"%s\" is registered as measuring %s, and submitted as measuring %s: submit the type that is registered"
              .formatted(type.name(), registered.measures(), type.measures()));
    }
  }

  /**
   * A batch may ask for no more than the maximum of its type; where the type is not registered, for
   * no more than the engine's defaults allow.
   */
  void refuseBeyondMaximum(BatchRequest<?> request) {
    String type = request.type().name();
    JobOptions options = options(type);
    List<Violation> violations =
        Stream.of(
                beyond("timeout", request.timeout(), "maxTimeout", options.maxTimeout(), type),
                beyond(
                    "chunkSize", request.chunkSize(), "maxChunkSize", options.maxChunkSize(), type))
            .flatMap(Optional::stream)
            .toList();
    if (!violations.isEmpty()) {
      throw new InvalidRequestException(violations);
    }
  }

  /** Those of a type, as far as they are known here. */
  private JobOptions options(String type) {
    Registration<?, ?> registration = registrations.get(type);
    return registration == null ? defaults : registration.options();
  }

  /** The policy of a batch's own, if it has one. */
  Optional<RetryPolicy> retry(BatchRequest<?> request) {
    return request
        .maxRetries()
        .map(
            retries ->
                request
                    .retry()
                    .orElseGet(() -> options(request.type().name()).retry())
                    .maxRetries(retries))
        .or(request::retry);
  }

  private static <T extends Comparable<T>> Optional<Violation> beyond(
      String option, Optional<T> asked, String maximum, T most, String type) {
    return asked
        .filter(value -> value.compareTo(most) > 0)
        .map(
            value ->
                new Violation(
                    option,
                    "%s is above the maximum of job type \"%s\" here, which is %s: ask for less, or raise JobOptions.%s"
                        .formatted(value, type, most, maximum),
                    "too_big"));
  }

  /** How many transactions of host code must be possible at once. */
  int leastTransactions() {
    return transactional().stream()
        .mapToInt(each -> each.options().hasConcurrency() ? each.options().concurrency() : 1)
        .sum();
  }

  /** How many there are at once if nothing limits them. */
  int mostTransactions() {
    return transactional().stream().mapToInt(each -> each.options().concurrency()).sum();
  }

  /**
   * The same for a store that can have so many transactions of host code at once: transactional
   * types whose concurrency was left open share what the others leave.
   */
  EngineConfig within(int transactions) {
    List<Registration<?, ?>> open =
        transactional().stream().filter(each -> !each.options().hasConcurrency()).toList();
    if (transactions >= mostTransactions() || open.isEmpty()) {
      return this;
    }
    int share = (transactions - (leastTransactions() - open.size())) / open.size();
    Map<String, Registration<?, ?>> fitting = new LinkedHashMap<>(registrations);
    for (Registration<?, ?> each : open) {
      JobOptions options = each.options();
      int calls = Math.max(1, Math.min(share, options.concurrency()));
      fitting.put(each.type().name(), each.with(options.concurrency(calls)));
    }
    return new EngineConfig(
        store,
        Collections.unmodifiableMap(fitting),
        defaults,
        codecs,
        hostTransaction,
        listeners,
        notified,
        schedules,
        node,
        sessionExpiry,
        pollInterval,
        drainTimeout,
        retention,
        payloadRetention,
        eventRetention,
        maxPayload,
        executor,
        platformThreads,
        loader,
        clock);
  }
}
