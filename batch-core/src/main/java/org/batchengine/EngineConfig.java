package org.batchengine;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.store.BatchStore;
import org.jspecify.annotations.Nullable;

/**
 * What a builder has checked.
 *
 * @param registrations by the name of their type, their options complete
 * @param retention how long ended batches are kept; null: for ever
 * @param executor runs host code; null: threads of the engine's own
 * @param platformThreads no virtual threads, even where there are any
 * @param loader the context class loader of all threads
 */
record EngineConfig(
    BatchStore store,
    Map<String, Registration<?, ?>> registrations,
    JobOptions defaults,
    PayloadCodecs codecs,
    List<BatchListener> listeners,
    String node,
    Duration sessionExpiry,
    Duration pollInterval,
    Duration drainTimeout,
    @Nullable Duration retention,
    int maxPayload,
    @Nullable Executor executor,
    boolean platformThreads,
    ClassLoader loader,
    InstantSource clock) {}
