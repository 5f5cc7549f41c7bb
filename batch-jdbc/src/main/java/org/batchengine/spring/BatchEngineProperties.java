package org.batchengine.spring;

import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.batchengine.BatchEngine;
import org.batchengine.JobOptions;
import org.batchengine.jdbc.JdbcBatchStore;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The properties of an engine. What is not set has the default of the library.
 *
 * @param enabled Whether to configure an engine.
 * @param autoStart Whether the engine works on batches once the application has started. If not, it
 *     submits, reads and steers until its start() is called.
 * @param node Name of this engine in logs and in the store. Defaults to the host name and process
 *     id.
 * @param sessionExpiry How long the engine may be out of touch with the database before other nodes
 *     take over its work; 2 seconds to 1 hour. Defaults to 12 seconds.
 * @param pollInterval How often an idle engine looks for work; 10 milliseconds to 1 minute.
 *     Defaults to 1 second.
 * @param drainTimeout How long a stop waits for running calls; up to 1 hour. Defaults to 30
 *     seconds.
 * @param retention How long to keep batches after they end; 1 minute to 3650 days. By default they
 *     are kept forever.
 * @param payloadRetention How long to keep inputs and outputs after their batch ends; 1 minute to
 *     3650 days. By default they are kept as long as their batch.
 * @param eventRetention How long to keep events; 1 minute to 3650 days. Defaults to 90 days.
 * @param maxPayload Maximum size of an input or output as UTF-8 text; up to 64 MB. Defaults to 1
 *     MB.
 * @param store Where the engine keeps its batches.
 * @param submit How batches are submitted.
 * @param problemDetails Whether exceptions of the engine that leave a controller are answered as
 *     problem details.
 * @param defaults Options of the job types that leave them open.
 * @param types Options of job types by name, laid over those of their registration. A name that has
 *     more than letters, digits and hyphens goes in brackets.
 */
@ConfigurationProperties("batchengine")
record BatchEngineProperties(
    @DefaultValue("true") boolean enabled,
    @DefaultValue("true") boolean autoStart,
    @Nullable String node,
    @Nullable Duration sessionExpiry,
    @Nullable Duration pollInterval,
    @Nullable Duration drainTimeout,
    @Nullable Duration retention,
    @Nullable Duration payloadRetention,
    @Nullable Duration eventRetention,
    @Nullable DataSize maxPayload,
    @DefaultValue Store store,
    @DefaultValue Submit submit,
    @DefaultValue("true") boolean problemDetails,
    @DefaultValue TypeOptions defaults,
    @DefaultValue Map<String, TypeOptions> types) {

  /**
   * Where the engine keeps its batches.
   *
   * @param schema Database schema of the tables. Defaults to that of the connections.
   * @param tablePrefix Prefix of all table names. Defaults to "batch_".
   * @param create Whether to create or upgrade the tables. If not, they must be there.
   */
  record Store(
      @Nullable String schema, @Nullable String tablePrefix, @DefaultValue("true") boolean create) {

    JdbcBatchStore on(JdbcBatchStore.Builder builder) {
      set("store.schema", schema, builder::schema);
      set("store.table-prefix", tablePrefix, builder::tablePrefix);
      if (!create) {
        builder.validateOnly();
      }
      return builder.build();
    }
  }

  /**
   * How batches are submitted.
   *
   * @param joinTransaction Whether a submit joins the transaction of its thread on the engine's
   *     DataSource, if there is one.
   */
  record Submit(@DefaultValue("true") boolean joinTransaction) {}

  /**
   * Options of a job type.
   *
   * @param concurrency How many calls run at a time in this process; 1 to 10000.
   * @param chunkSize The most items of a bulk call, or of a shared transaction; 1 to 10000.
   * @param maxChunkSize The largest chunk size that a batch may ask for; 1 to 10000.
   * @param timeout How long a call may take; up to 365 days.
   * @param maxTimeout The longest timeout that a batch may ask for; up to 365 days.
   * @param maxRetries How often a failed item is retried; 0 to 10000.
   */
  record TypeOptions(
      @Nullable Integer concurrency,
      @Nullable Integer chunkSize,
      @Nullable Integer maxChunkSize,
      @Nullable Duration timeout,
      @Nullable Duration maxTimeout,
      @Nullable Integer maxRetries) {

    JobOptions over(JobOptions registered) {
      JobOptions options = registered;
      if (concurrency != null) {
        options = options.concurrency(concurrency);
      }
      if (chunkSize != null) {
        options = options.chunkSize(chunkSize);
      }
      if (maxChunkSize != null) {
        options = options.maxChunkSize(maxChunkSize);
      }
      if (timeout != null) {
        options = options.timeout(timeout);
      }
      if (maxTimeout != null) {
        options = options.maxTimeout(maxTimeout);
      }
      if (maxRetries != null) {
        options = options.maxRetries(maxRetries);
      }
      return options;
    }
  }

  void applyTo(BatchEngine.Builder builder) {
    set("node", node, builder::node);
    set("session-expiry", sessionExpiry, builder::sessionExpiry);
    set("poll-interval", pollInterval, builder::pollInterval);
    set("drain-timeout", drainTimeout, builder::drainTimeout);
    set("retention", retention, builder::retention);
    set("payload-retention", payloadRetention, builder::payloadRetention);
    set("event-retention", eventRetention, builder::eventRetention);
    set(
        "max-payload",
        maxPayload,
        size -> builder.maxPayload((int) Math.min(size.toBytes(), Integer.MAX_VALUE)));
    set("defaults", defaults, options -> builder.defaults(options.over(JobOptions.defaults())));
    types.forEach(
        (type, options) ->
            builder.options(
                type, registered -> named("types." + type, () -> options.over(registered))));
  }

  private static <T> void set(String property, @Nullable T value, Function<T, ?> setter) {
    if (value != null) {
      named(property, () -> setter.apply(value));
    }
  }

  /** Names the property of a type that is not registered, if that is why the step fails. */
  <T> T named(Supplier<T> step) {
    try {
      return step.get();
    } catch (IllegalArgumentException e) {
      for (String type : types.keySet()) {
        if (String.valueOf(e.getMessage()).contains("\"" + type + "\", which is not registered")) {
          return named(
              "types." + type,
              () -> {
                throw e;
              });
        }
      }
      throw e;
    }
  }

  /** Names the property as it is written if its value is refused. */
  private static <T> T named(String property, Supplier<T> step) {
    try {
      return step.get();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("batchengine." + property + ": " + e.getMessage(), e);
    }
  }
}
