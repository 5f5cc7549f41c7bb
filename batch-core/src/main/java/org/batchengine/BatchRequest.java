package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.limit.Limit;
import org.batchengine.limit.Limit.Breaker;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchId;
import org.batchengine.model.Budget;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.Fill;
import org.batchengine.store.NewBatch;
import org.batchengine.store.Predecessors;
import org.batchengine.store.Rehearsal;
import org.jspecify.annotations.Nullable;

/**
 * A batch to submit: its job type, its items and its settings.
 *
 * <pre>{@code
 * BatchRequest<Invoice> november =
 *     BatchRequest.of(ANNOTATE, invoices)
 *         .keyedBy(Invoice::number)
 *         .name("Invoices of November")
 *         .tenant("acme")
 *         .submittedBy("alice")
 *         .priority(8)
 *         .idempotencyKey("annotate-2026-11");
 * }</pre>
 *
 * <p>{@link Batches#submit(BatchRequest)} reads the items lazily on the caller's thread. A request
 * with an {@link Iterable} can be submitted many times, one with a {@link Stream} once. Lengths are
 * in {@code char}s. Text that is blank, or contains U+0000 or an unpaired surrogate, is rejected.
 *
 * <p>Immutable: every method returns a changed copy, and throws {@link IllegalArgumentException} at
 * once if a value is not allowed. Thread-safe if its items are.
 */
public final class BatchRequest<I> {
  static final String DEFAULT_TENANT = "default";

  private static final int MOST_METADATA = 65_536;
  static final long MOST_FAILURES = Integer.MAX_VALUE;
  private static final int MOST_RETRIES = 10_000;
  private static final int MOST_PREDECESSORS = 10_000;
  static final Duration SHORTEST = Duration.ofMillis(1);
  static final Duration LONGEST = Duration.ofDays(3650);
  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private final JobType<I, ?> type;
  private final ItemSource<I> source;
  private final Details<I> details;

  private BatchRequest(JobType<I, ?> type, ItemSource<I> source, Details<I> details) {
    this.type = requireNonNull(type, "type");
    this.source = source;
    this.details = details;
  }

  /** Returns a request that reads {@code items} afresh at each submit. */
  public static <I> BatchRequest<I> of(JobType<I, ?> type, Iterable<? extends I> items) {
    requireNonNull(items, "items");
    return new BatchRequest<>(type, new ItemSource.OfIterable<>(items), new Details<>());
  }

  /**
   * Returns a request that, together with its copies, can be submitted only once: the submit reads
   * and closes {@code items}, and a second submit throws {@link IllegalStateException}.
   */
  public static <I> BatchRequest<I> of(JobType<I, ?> type, Stream<? extends I> items) {
    requireNonNull(items, "items");
    return new BatchRequest<>(
        type, new ItemSource.OfStream<>(items, new AtomicBoolean()), new Details<>());
  }

  /**
   * Returns a request for items that {@link ImportedItems} reads from a file, with their keys if
   * they have any. As with any stream, it can be submitted only once.
   */
  public static <I> BatchRequest<I> ofImported(JobType<I, ?> type, Stream<ImportedItem<I>> items) {
    requireNonNull(items, "items");
    return new BatchRequest<>(
        type, new ItemSource.OfImported<>(items, new AtomicBoolean()), new Details<>());
  }

  /**
   * Returns a request for a batch that is made of the outputs of another one: of the items that
   * SUCCEEDED, in their order and with their keys. Items without an output are left out. Such
   * batches make a pipeline:
   *
   * <pre>{@code
   * BatchRequest.ofOutputs(LENGTH, yesterday).after(yesterday)
   * }</pre>
   *
   * <p>The outputs are copied in the database, once this batch waits for nothing: without {@link
   * #after} at once, and then only of what has been settled by then. Until all are copied the batch
   * is PENDING, {@link org.batchengine.model.BatchJob#isFilling}, and nothing of it runs. It is
   * COMPLETED at once if there are none. A pause stops the copying, and a cancel ends it.
   *
   * <p>The batch ends as FAILED, without running anything, if by then the other one was deleted or
   * has no payloads any more, or if an item is above {@link BatchEngine.Builder#maxPayload} of the
   * engine that has submitted this one. Once copying has begun, the other batch may be deleted.
   *
   * <p>At the submit, {@link org.batchengine.model.BatchNotFoundException} is thrown if the tenant
   * has no such batch, and {@link org.batchengine.model.InvalidRequestException} if its outputs
   * have another format than inputs of the type.
   *
   * @param type whose inputs they are
   * @param from the other batch, of the same tenant
   */
  public static <O> BatchRequest<O> ofOutputs(JobType<O, ?> type, BatchId from) {
    return ofBatch(type, from, Fill.Part.OUTPUT, Set.of(ItemState.SUCCEEDED), null);
  }

  /**
   * Returns a request for a batch that is made of inputs of another one: the latest ones, if they
   * were corrected. For example, what has failed runs again as a batch of its own, perhaps of
   * another type:
   *
   * <pre>{@code
   * BatchRequest.ofInputs(ANNOTATE, yesterday).afterEnd(yesterday)
   * }</pre>
   *
   * <p>All else is as with {@link #ofOutputs}.
   *
   * @param in states in which items are settled; FAILED if there are none
   * @throws IllegalArgumentException if items of one of the states are not settled
   */
  public static <I> BatchRequest<I> ofInputs(JobType<I, ?> type, BatchId from, ItemState... in) {
    requireNonNull(in, "in");
    Set<ItemState> states = EnumSet.noneOf(ItemState.class);
    for (ItemState state : in) {
      if (!requireNonNull(state, "in").isTerminal()) {
        throw new IllegalArgumentException(
            "in " + state + " is not allowed: only items that are settled can be copied");
      }
      states.add(state);
    }
    return ofBatch(
        type, from, Fill.Part.INPUT, states.isEmpty() ? Set.of(ItemState.FAILED) : states, null);
  }

  /**
   * As {@link #ofInputs}, of those that SUCCEEDED with a quality below the given one. Items without
   * a quality are left out.
   *
   * @param quality above 0, at most 1
   */
  public static <I> BatchRequest<I> ofInputsBelow(
      JobType<I, ?> type, BatchId from, double quality) {
    if (!(quality > 0 && quality <= 1)) {
      throw new IllegalArgumentException(
          "quality " + quality + " is out of range: above 0, at most 1");
    }
    return ofBatch(type, from, Fill.Part.INPUT, Set.of(ItemState.SUCCEEDED), quality);
  }

  private static <I> BatchRequest<I> ofBatch(
      JobType<I, ?> type,
      BatchId from,
      Fill.Part part,
      Set<ItemState> states,
      @Nullable Double belowQuality) {
    requireNonNull(from, "from");
    return new BatchRequest<>(
        type,
        new ItemSource.OfBatch<>(
            maxPayload -> new Fill(from, part, states, belowQuality, maxPayload)),
        new Details<>());
  }

  /** The batch's id; must be unique. Defaults to a new UUIDv7. */
  public BatchRequest<I> id(BatchId id) {
    requireNonNull(id, "id");
    return with(changed -> changed.id = id);
  }

  /**
   * Gives each item a key by which it can be looked up. Keys have at most 200 characters and must
   * be unique in the batch; a null, blank or duplicate key fails the submit. By default items have
   * no keys, but for those copied from another batch.
   *
   * @throws IllegalArgumentException if they are copied from another batch
   */
  public BatchRequest<I> keyedBy(Function<? super I, String> key) {
    requireNonNull(key, "key");
    if (source instanceof ItemSource.OfBatch) {
      throw new IllegalArgumentException(
          "key is not allowed: items of another batch keep the keys that they have there");
    }
    return with(changed -> changed.key = key);
  }

  /** The batch's name for people, at most 200 characters. None by default. */
  public BatchRequest<I> name(String name) {
    Arguments.text("name", name, 200);
    return with(changed -> changed.name = name);
  }

  /** A description of the batch, at most 2,000 characters. None by default. */
  public BatchRequest<I> description(String description) {
    Arguments.text("description", description, 2_000);
    return with(changed -> changed.description = description);
  }

  /** The tenant that owns the batch, at most 100 characters. Defaults to {@code "default"}. */
  public BatchRequest<I> tenant(String tenant) {
    Arguments.text("tenant", tenant, 100);
    return with(changed -> changed.tenant = tenant);
  }

  /** The user who submits the batch, at most 200 characters. None by default. */
  public BatchRequest<I> submittedBy(String owner) {
    Arguments.text("submittedBy", owner, 200);
    return with(changed -> changed.submittedBy = owner);
  }

  /**
   * The batch's priority: higher runs first. Defaults to 5.
   *
   * @param priority 0 to 9
   */
  public BatchRequest<I> priority(int priority) {
    Arguments.between("priority", priority, 0, 9);
    return with(changed -> changed.priority = priority);
  }

  /**
   * Parameters and notes of the batch, stored as JSON of at most 65,536 characters. Values may be
   * text, numbers, booleans, null, and collections and maps of these; map keys must be text. Copied
   * at once. Processors read it with {@link ItemContext#metadata(Class)}. Defaults to {@code {}}.
   */
  public BatchRequest<I> metadata(Map<String, ?> metadata) {
    requireNonNull(metadata, "metadata");
    return metadataJson(MetadataJson.write(metadata, MOST_METADATA));
  }

  /**
   * Like {@link #metadata(Map)}, but takes a record or a bean that the engine's codecs write as a
   * JSON object; this needs Jackson. It is written at each submit, so it should not change before.
   * Text is refused at once: it belongs to {@link #metadataJson}. The submit throws {@link
   * IllegalArgumentException} if it becomes anything else than an object, and {@link
   * org.batchengine.model.PayloadException} if it has no JSON at all.
   */
  public BatchRequest<I> metadata(Object values) {
    requireNonNull(values, "metadata");
    if (values instanceof String) {
      throw new IllegalArgumentException(
          "metadata is a String: pass a record, a bean or a map, or JSON text to metadataJson");
    }
    if (values instanceof Map<?, ?> map) {
      return metadataJson(MetadataJson.write(map, MOST_METADATA));
    }
    return with(changed -> changed.metadata = codecs -> MetadataJson.write(values, codecs));
  }

  /**
   * Like {@link #metadata(Map)}, but takes a JSON object as text, at most 65,536 characters. The
   * text is stored unchanged; the only check is that it starts and ends with a brace.
   */
  public BatchRequest<I> metadataJson(String json) {
    Arguments.storable("metadata", json, MOST_METADATA);
    if (!MetadataJson.isObject(json)) {
      throw new IllegalArgumentException(
          "metadata is not a JSON object: it must start with { and end with }");
    }
    return with(changed -> changed.metadata = codecs -> json);
  }

  /**
   * Makes it safe to repeat a submit: while the tenant has a batch with this key, a submit reads no
   * items and returns that batch's id. At most 200 characters. None by default.
   */
  public BatchRequest<I> idempotencyKey(String key) {
    Arguments.text("idempotencyKey", key, 200);
    return with(changed -> changed.idempotencyKey = key);
  }

  /**
   * No item runs before this instant, which must be in the years 1 to 9999. If unset or in the
   * past, the batch is due at once.
   */
  public BatchRequest<I> startAt(Instant due) {
    Arguments.between("startAt", due, EARLIEST, LATEST);
    return with(changed -> changed.startAt = due);
  }

  /**
   * How long the batch may take, counted from {@link #startAt} or, if unset, from its submit. When
   * the time is up the batch ends as FAILED: no more items start, and unsettled items are
   * CANCELLED. Starts afresh when failed items of the ended batch are retried. No deadline by
   * default.
   *
   * @param afterDue 1 millisecond to 3,650 days
   */
  public BatchRequest<I> deadline(Duration afterDue) {
    Arguments.between("deadline", afterDue, SHORTEST, LONGEST);
    return with(changed -> changed.deadline = afterDue);
  }

  /**
   * How many items may fail. One more failure ends the batch as FAILED and its remaining items as
   * CANCELLED. Items that are running then still finish, so a few more may fail. Counts afresh when
   * failed items of the ended batch are retried. By default any number may fail, and the batch is
   * COMPLETED with failures.
   *
   * <p>Can be combined with {@link #tolerateFailureRate}: whichever limit is exceeded first fails
   * the batch.
   *
   * @param failures 0 to 2,147,483,647
   */
  public BatchRequest<I> tolerateFailures(long failures) {
    Arguments.between("tolerateFailures", failures, 0L, MOST_FAILURES);
    return with(changed -> changed.toleratedFailures = failures);
  }

  /**
   * Like {@link #tolerateFailures}, but as a share of all the batch's items, settled or not: with
   * 1,000 items and a rate of 0.05, the 51st failure fails the batch.
   *
   * @param rate 0 to 1
   */
  public BatchRequest<I> tolerateFailureRate(double rate) {
    double positive = rate + 0.0; // turns -0.0 into 0.0, which is below it in order
    Arguments.between("tolerateFailureRate", positive, 0.0, 1.0);
    return with(changed -> changed.toleratedRate = positive);
  }

  /**
   * What the batch may come to by one of its measures, for example what it may cost. Once the sum
   * over all attempts of its items reaches this, the batch is PAUSED, with the reason {@code
   * BUDGET}. What is running then still finishes, so the sum may come to more. {@link
   * Batches#change} raises the budget, and {@link Batches#resume} then lets the batch go on. No
   * budget by default.
   *
   * @param measure one of those that the type {@linkplain JobType#measuring measures}
   * @param most above 0, at most 1e15
   * @throws IllegalArgumentException if out of range, or the type has no such measure
   */
  public BatchRequest<I> budget(String measure, double most) {
    Budget budget = new Budget(requireNonNull(measure, "measure"), most);
    if (!type.measures().contains(measure)) {
      throw new IllegalArgumentException(
          "budget of %s: %s has the measures %s; declare it with JobType.measuring"
              .formatted(measure, type.name(), type.measures()));
    }
    return with(changed -> changed.budget = budget);
  }

  /**
   * How many calls of this batch begin and run, over all nodes: a rate, a number that run at a
   * time, or both. A call is an item or, in bulk, a chunk. What limits its tenant and its job type
   * holds beside it. No limit by default; {@link Batches#change} changes it.
   *
   * @throws IllegalArgumentException if the limit has anything that only tenants can have
   */
  public BatchRequest<I> limit(Limit limit) {
    Optional<Breaker> before = limit().flatMap(Limit::breaker);
    Limit own =
        EngineLimits.ofCalls(limit).breaker().isPresent() || before.isEmpty()
            ? limit
            : limit.breaker(before.get().share(), before.get().ofLast());
    return with(changed -> changed.limit = own.orNull());
  }

  /**
   * Pauses this batch, on all nodes, when too many of its attempts fail alike, as {@link
   * Limit#breaker} says of job types. It is PAUSED with the reason {@code BREAKER} until somebody
   * resumes it. Then three calls try, and if they fail alike it is paused again. A part of the
   * {@linkplain #limit limit}: both count, in whatever order they are set. Never by default.
   *
   * @param share of attempts that fail with one fingerprint, more than 0 and at most 1
   * @param ofLast how many of the last attempts count, 1 to 1,000
   * @throws IllegalArgumentException if out of range
   */
  public BatchRequest<I> pauseOnFailures(double share, int ofLast) {
    return limit(limit().orElse(Limit.none()).breaker(share, ofLast));
  }

  /**
   * The batch's own retry policy, stored with it. Defaults to {@link JobOptions#retry} on the node
   * that runs the item.
   */
  public BatchRequest<I> retry(RetryPolicy policy) {
    requireNonNull(policy, "policy");
    return with(changed -> changed.retry = policy);
  }

  /**
   * The number of retries of this batch's items; everything else is as in {@link #retry}, or else
   * as in the policy of the type where the batch is submitted: that of its registration there, or
   * of the engine's defaults. The whole policy is stored with the batch.
   *
   * @param retries attempts after the first, from 0 to 10,000
   */
  public BatchRequest<I> maxRetries(int retries) {
    Arguments.between("maxRetries", retries, 0, MOST_RETRIES);
    return with(changed -> changed.maxRetries = retries);
  }

  /**
   * How long a call with items of this batch may take, stored with the batch in microseconds. After
   * that its thread is interrupted and the attempt fails. Defaults to {@link JobOptions#timeout} on
   * the node that runs the item. No node lets a call take longer than its own {@link
   * JobOptions#maxTimeout}.
   *
   * @param perCall 1 millisecond to 365 days
   * @throws IllegalArgumentException if out of range; at the submit {@link
   *     org.batchengine.model.InvalidRequestException}, if it is above the {@code maxTimeout} of
   *     the type there
   */
  public BatchRequest<I> timeout(Duration perCall) {
    Arguments.between("timeout", perCall, SHORTEST, JobOptions.LONGEST_TIMEOUT);
    return with(changed -> changed.timeout = perCall.truncatedTo(ChronoUnit.MICROS));
  }

  /**
   * The most items of this batch that a {@link BatchProcessor} or {@link
   * BulkTransactionalProcessor} gets in one call, stored with the batch; also the most calls of a
   * {@link TransactionalProcessor} that share a transaction, though never more than 50. It has no
   * effect on an {@link ItemProcessor}, which always gets one item, nor on how many items a node
   * claims at most, which is {@link JobOptions#claim}. Defaults to {@link JobOptions#chunkSize} on
   * the node that runs the items. No node puts more into a call than its own {@link
   * JobOptions#maxChunkSize}.
   *
   * @param most 1 to 10,000
   * @throws IllegalArgumentException if out of range; at the submit {@link
   *     org.batchengine.model.InvalidRequestException}, if it is above the {@code maxChunkSize} of
   *     the type there
   */
  public BatchRequest<I> chunkSize(int most) {
    Arguments.between("chunkSize", most, 1, JobOptions.LARGEST_CHUNK);
    return with(changed -> changed.chunkSize = most);
  }

  /**
   * The job types that are told when a run of the batch has ended, as COMPLETED, FAILED or
   * CANCELLED: each gets a batch of one item, the {@link BatchEnd}, in the batch's tenant.
   * Whichever started engine polls next submits it, with the idempotency key {@code
   * notify/<type>/<batch>/<run>}. Replaces the types that were named before; those of {@link
   * BatchEngine.Builder#notifyAll} come on top. None by default.
   *
   * <p>The types are stored with the batch, and any engine may run them. If a batch is deleted
   * before its end was told, the end is not told.
   *
   * @param types at most ten; a second one of the same name does not count
   * @throws IllegalArgumentException if they are too many; at the submit, if a type has another
   *     codec for {@code BatchEnd} than the built-in one, or a type of its name is registered with
   *     other payloads
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public final BatchRequest<I> notify(JobType<BatchEnd, ?>... types) {
    List<JobType<BatchEnd, ?>> notified = Notices.types(types);
    return with(
        changed -> {
          changed.notified = notified;
          changed.notifiedText = null;
        });
  }

  /**
   * No item runs before these batches are COMPLETED. Whether items of them failed does not matter,
   * unless they have {@link #tolerateFailures}. If one of them is FAILED, CANCELLED or deleted
   * before it was COMPLETED, this batch is cancelled, unless it has {@link #waitForRetry}. Comes on
   * top of the batches that were named before, by {@link #afterEnd} too.
   *
   * <p>The batches must have been submitted, to the same tenant; ones that are still being
   * submitted, or were in the same transaction of the host, will do. A {@link #deadline} counts
   * from the end of the wait.
   *
   * @throws IllegalArgumentException if there are more than 10,000 in all
   * @throws org.batchengine.model.BatchNotFoundException at the submit, if the tenant has no such
   *     batch
   */
  public BatchRequest<I> after(BatchId... batches) {
    return after(List.of(batches));
  }

  /** As {@link #after(BatchId...)}. */
  public BatchRequest<I> after(Collection<BatchId> batches) {
    return with(
        changed -> changed.after = added("after", changed.after, changed.afterEnd, batches));
  }

  /**
   * No item runs before these batches have ended, however: COMPLETED, FAILED, CANCELLED, or
   * deleted. All else is as with {@link #after}.
   */
  public BatchRequest<I> afterEnd(BatchId... batches) {
    return afterEnd(List.of(batches));
  }

  /** As {@link #afterEnd(BatchId...)}. */
  public BatchRequest<I> afterEnd(Collection<BatchId> batches) {
    return with(
        changed -> changed.afterEnd = added("afterEnd", changed.afterEnd, changed.after, batches));
  }

  private static Set<BatchId> added(
      String what, Set<BatchId> before, Set<BatchId> others, Collection<BatchId> batches) {
    requireNonNull(batches, what);
    Set<BatchId> all = new LinkedHashSet<>(before);
    batches.forEach(id -> all.add(requireNonNull(id, what)));
    if (all.size() + others.size() > MOST_PREDECESSORS) {
      throw new IllegalArgumentException(
          "%s: %d batches to wait for are too many: at most %d; let a batch wait for some of them,"
                  .formatted(what, all.size() + others.size(), MOST_PREDECESSORS)
              + " and this one for that");
    }
    return Collections.unmodifiableSet(all);
  }

  /**
   * Makes this batch wait on when a batch that it is {@link #after} is FAILED or CANCELLED: it
   * begins once that one was retried and is COMPLETED. It is still cancelled if that one is
   * deleted.
   */
  public BatchRequest<I> waitForRetry() {
    return with(changed -> changed.waitsForRetry = true);
  }

  /**
   * Only the first items run at first, as a rehearsal. When each of them has been tried once, the
   * batch is PAUSED with the reason {@code REHEARSED}: look at its items and at {@link
   * Batches#reports}, and then either {@link Batches#resume} it, which confirms the rehearsal and
   * lets all other items run, or {@link Batches#cancel} it. Items that are to be retried, or are
   * deferred, wait for that as well. A batch that has no more items than these is not rehearsed: it
   * just runs.
   *
   * <p>Whoever pauses and resumes the batch before its rehearsal is over confirms nothing. A {@link
   * #deadline} goes on counting while the batch waits to be confirmed.
   *
   * @param items 1 to 10,000
   * @throws IllegalArgumentException if out of range, or if the items are copied from another batch
   */
  public BatchRequest<I> rehearse(int items) {
    return rehearsing(new Rehearsal(items, false));
  }

  /**
   * As {@link #rehearse}, with items that are drawn at random.
   *
   * @throws IllegalArgumentException also if the type is sequential: its items run in their order
   */
  public BatchRequest<I> rehearseAtRandom(int items) {
    return rehearsing(new Rehearsal(items, true));
  }

  private BatchRequest<I> rehearsing(Rehearsal rehearsal) {
    String name = rehearsal.atRandom() ? "rehearseAtRandom" : "rehearse";
    Arguments.between(name, rehearsal.items(), 1, Rehearsal.MOST);
    if (source instanceof ItemSource.OfBatch) {
      throw new IllegalArgumentException(
          name
              + " is not allowed for items of another batch: submit some of them as a batch of their"
              + " own first");
    }
    if (rehearsal.atRandom() && type.isSequential()) {
      throw new IllegalArgumentException(
          "rehearseAtRandom is not allowed for job type \"%s\", whose items run in their order: use rehearse"
              .formatted(type.name()));
    }
    return with(changed -> changed.rehearsal = rehearsal);
  }

  JobType<I, ?> type() {
    return type;
  }

  /** What it is made of, if that is another batch. */
  @Nullable Fill fill(int maxPayload) {
    return source instanceof ItemSource.OfBatch<I> other ? other.fill().apply(maxPayload) : null;
  }

  /** The batch that it is made of. */
  Optional<BatchId> filledFrom() {
    return Optional.ofNullable(fill(0)).map(Fill::from);
  }

  boolean isAfterOthers() {
    return !details.after.isEmpty() || !details.afterEnd.isEmpty();
  }

  /** The batches that it waits for. What must be COMPLETED must have ended anyway. */
  Predecessors predecessors() {
    return new Predecessors(
        List.copyOf(details.after),
        details.afterEnd.stream().filter(id -> !details.after.contains(id)).toList(),
        details.waitsForRetry);
  }

  /**
   * Starts to read the items; the caller must close the cursor.
   *
   * @throws IllegalStateException if they are a stream that was opened before
   */
  ItemSource.Cursor<I> open() {
    return source.open();
  }

  /** The number of items if they are a collection. */
  OptionalInt knownSize() {
    return source.knownSize();
  }

  Optional<BatchId> id() {
    return Optional.ofNullable(details.id);
  }

  Optional<Function<? super I, String>> key() {
    return Optional.ofNullable(details.key);
  }

  Optional<String> name() {
    return Optional.ofNullable(details.name);
  }

  Optional<String> description() {
    return Optional.ofNullable(details.description);
  }

  String tenant() {
    return namedTenant().orElse(DEFAULT_TENANT);
  }

  /** The tenant if {@link #tenant(String)} set one. */
  Optional<String> namedTenant() {
    return Optional.ofNullable(details.tenant);
  }

  Optional<String> submittedBy() {
    return Optional.ofNullable(details.submittedBy);
  }

  /** Submitted by this user, for whoever was named as owner, or else for the user. */
  BatchRequest<I> actingAs(String user) {
    return with(
        changed -> {
          changed.actor = user;
          changed.submittedBy = changed.submittedBy == null ? user : changed.submittedBy;
        });
  }

  /** Who submits it: whoever is named as owner, unless another user acts. */
  Optional<String> actor() {
    return Optional.ofNullable(details.actor).or(this::submittedBy);
  }

  int priority() {
    return details.priority;
  }

  /** The metadata as the text of a JSON object. */
  String metadataText(PayloadCodecs codecs) {
    return Arguments.storable("metadata", details.metadata.apply(codecs), MOST_METADATA);
  }

  Optional<String> idempotencyKey() {
    return Optional.ofNullable(details.idempotencyKey);
  }

  Optional<Instant> startAt() {
    return Optional.ofNullable(details.startAt);
  }

  Optional<Duration> deadline() {
    return Optional.ofNullable(details.deadline);
  }

  Optional<Long> toleratedFailures() {
    return Optional.ofNullable(details.toleratedFailures);
  }

  Optional<Double> toleratedRate() {
    return Optional.ofNullable(details.toleratedRate);
  }

  Optional<Budget> budget() {
    return Optional.ofNullable(details.budget);
  }

  Optional<Limit> limit() {
    return Optional.ofNullable(details.limit);
  }

  Optional<RetryPolicy> retry() {
    return Optional.ofNullable(details.retry);
  }

  Optional<Integer> maxRetries() {
    return Optional.ofNullable(details.maxRetries);
  }

  Optional<Duration> timeout() {
    return Optional.ofNullable(details.timeout);
  }

  Optional<Integer> chunkSize() {
    return Optional.ofNullable(details.chunkSize);
  }

  Optional<Rehearsal> rehearsal() {
    return Optional.ofNullable(details.rehearsal);
  }

  /** Those that this request names. */
  List<JobType<BatchEnd, ?>> notified() {
    return details.notified;
  }

  /** The types of its template, as they are stored with that. */
  @Nullable String notifiedText() {
    return details.notifiedText;
  }

  /** With what a template has kept. */
  BatchRequest<I> like(NewBatch kept) {
    Rehearsal rehearsal = kept.rehearsal();
    BatchRequest<I> rehearsed = rehearsal == null ? this : rehearsing(rehearsal);
    return rehearsed.with(
        changed -> {
          changed.name = kept.name();
          changed.description = kept.description();
          changed.submittedBy = kept.submittedBy();
          changed.priority = kept.priority();
          changed.metadata = codecs -> kept.metadata();
          changed.deadline = kept.deadline();
          changed.toleratedFailures = kept.toleratedFailures();
          changed.toleratedRate = kept.toleratedRate();
          changed.budget = kept.budget();
          changed.limit = kept.limit();
          changed.retry = kept.retryPolicy() == null ? null : RetryPolicy.parse(kept.retryPolicy());
          changed.timeout = kept.timeout();
          changed.chunkSize = kept.chunkSize();
          changed.notifiedText = kept.notified();
        });
  }

  @Override
  public String toString() {
    return "BatchRequest[" + type.name() + name().map(name -> ", name=" + name).orElse("") + "]";
  }

  private BatchRequest<I> with(Consumer<Details<I>> change) {
    var changed = new Details<>(details);
    change.accept(changed);
    return new BatchRequest<>(type, source, changed);
  }

  /**
   * The settings. Only {@link #with} changes them, and only before a request holds them; the
   * request's final field then publishes them safely.
   */
  private static final class Details<I> {
    @Nullable BatchId id;
    @Nullable Function<? super I, String> key;
    @Nullable String name;
    @Nullable String description;
    @Nullable String tenant;
    @Nullable String submittedBy;
    @Nullable String actor;
    int priority = 5;
    Function<PayloadCodecs, String> metadata = codecs -> "{}";
    @Nullable String idempotencyKey;
    @Nullable Instant startAt;
    @Nullable Duration deadline;
    @Nullable Long toleratedFailures;
    @Nullable Double toleratedRate;
    @Nullable Budget budget;
    @Nullable Limit limit;
    @Nullable RetryPolicy retry;
    @Nullable Integer maxRetries;
    @Nullable Duration timeout;
    @Nullable Integer chunkSize;
    @Nullable Rehearsal rehearsal;
    List<JobType<BatchEnd, ?>> notified = List.of();
    Set<BatchId> after = Set.of();
    Set<BatchId> afterEnd = Set.of();
    boolean waitsForRetry;
    @Nullable String notifiedText;

    Details() {}

    Details(Details<I> other) {
      id = other.id;
      key = other.key;
      name = other.name;
      description = other.description;
      tenant = other.tenant;
      submittedBy = other.submittedBy;
      actor = other.actor;
      priority = other.priority;
      metadata = other.metadata;
      idempotencyKey = other.idempotencyKey;
      startAt = other.startAt;
      deadline = other.deadline;
      toleratedFailures = other.toleratedFailures;
      toleratedRate = other.toleratedRate;
      budget = other.budget;
      limit = other.limit;
      retry = other.retry;
      maxRetries = other.maxRetries;
      timeout = other.timeout;
      chunkSize = other.chunkSize;
      rehearsal = other.rehearsal;
      notified = other.notified;
      after = other.after;
      afterEnd = other.afterEnd;
      waitsForRetry = other.waitsForRetry;
      notifiedText = other.notifiedText;
    }
  }
}
