package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;
import org.batchengine.model.RetryPolicy;
import org.jspecify.annotations.Nullable;

/**
 * What is to be submitted: a job type, its items, and what is to be known about the batch.
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
 * <p>The items are read lazily by {@link Batches#submit(BatchRequest)}, on its caller's thread. Of
 * an {@link Iterable} a request can be submitted often, of a {@link Stream} once. Lengths are in
 * {@code char}s; text that is blank, or holds U+0000 or half a surrogate pair, is refused.
 *
 * <p>Immutable: every method returns a changed copy, and throws {@link IllegalArgumentException} at
 * once for a value that is not allowed. Safe for many threads as far as its items are.
 */
public final class BatchRequest<I> {
  static final String DEFAULT_TENANT = "default";

  private static final int MOST_METADATA = 65_536;
  private static final long MOST_FAILURES = Integer.MAX_VALUE;
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofDays(3650);
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

  /** A request that reads {@code items} anew at each submit. */
  public static <I> BatchRequest<I> of(JobType<I, ?> type, Iterable<? extends I> items) {
    requireNonNull(items, "items");
    return new BatchRequest<>(type, new ItemSource.OfIterable<>(items), new Details<>());
  }

  /**
   * A request that can be submitted once, together with all its copies: the submit reads and closes
   * {@code items}, and a second one throws {@link IllegalStateException}.
   */
  public static <I> BatchRequest<I> of(JobType<I, ?> type, Stream<? extends I> items) {
    requireNonNull(items, "items");
    return new BatchRequest<>(
        type, new ItemSource.OfStream<>(items, new AtomicBoolean()), new Details<>());
  }

  /** The id of the batch, which no other may have. By default a new one of version 7. */
  public BatchRequest<I> id(BatchId id) {
    requireNonNull(id, "id");
    return with(changed -> changed.id = id);
  }

  /**
   * Gives each item a key of its own, under which it can be found. Keys are unique in their batch
   * and of at most 200 characters; one that is null, blank or in the batch already fails the
   * submit. By default items have none.
   */
  public BatchRequest<I> keyedBy(Function<? super I, String> key) {
    requireNonNull(key, "key");
    return with(changed -> changed.key = key);
  }

  /** What people call the batch, at most 200 characters. By default nothing. */
  public BatchRequest<I> name(String name) {
    Arguments.text("name", name, 200);
    return with(changed -> changed.name = name);
  }

  /** What the batch is about, at most 2,000 characters. By default nothing. */
  public BatchRequest<I> description(String description) {
    Arguments.text("description", description, 2_000);
    return with(changed -> changed.description = description);
  }

  /** Whom the batch belongs to, at most 100 characters. By default {@code "default"}. */
  public BatchRequest<I> tenant(String tenant) {
    Arguments.text("tenant", tenant, 100);
    return with(changed -> changed.tenant = tenant);
  }

  /** Who submits the batch, at most 200 characters. By default nobody. */
  public BatchRequest<I> submittedBy(String owner) {
    Arguments.text("submittedBy", owner, 200);
    return with(changed -> changed.submittedBy = owner);
  }

  /**
   * Which batches come first: the higher, the sooner. By default 5.
   *
   * @param priority 0 to 9
   */
  public BatchRequest<I> priority(int priority) {
    Arguments.between("priority", priority, 0, 9);
    return with(changed -> changed.priority = priority);
  }

  /**
   * Parameters and notes of the batch, kept as JSON of at most 65,536 characters: text, numbers,
   * booleans and null, and maps with text keys and collections of them. Copied at once. Processors
   * read it with {@link ItemContext#metadata(Class)}. By default {@code {}}.
   */
  public BatchRequest<I> metadata(Map<String, ?> metadata) {
    requireNonNull(metadata, "metadata");
    return metadataJson(MetadataJson.write(metadata, MOST_METADATA));
  }

  /**
   * As {@link #metadata}, with the text of a JSON object of at most 65,536 characters. It is kept
   * as it is; only that it begins and ends with a brace is looked at.
   */
  public BatchRequest<I> metadataJson(String json) {
    Arguments.storable("metadata", json, MOST_METADATA);
    var trimmed = json.strip();
    if (trimmed.length() < 2 || !trimmed.startsWith("{") || !trimmed.endsWith("}")) {
      throw new IllegalArgumentException("metadata is not a JSON object, {...}");
    }
    return with(changed -> changed.metadata = json);
  }

  /**
   * Makes a submit that is sent again harmless: while the tenant has a batch with this key, a
   * submit reads no items and returns that batch's id. At most 200 characters. By default none.
   */
  public BatchRequest<I> idempotencyKey(String key) {
    Arguments.text("idempotencyKey", key, 200);
    return with(changed -> changed.idempotencyKey = key);
  }

  /**
   * No item runs before this instant, of the years 1 to 9999. By default, and if it is past, the
   * batch is due at once.
   */
  public BatchRequest<I> startAt(Instant due) {
    Arguments.between("startAt", due, EARLIEST, LATEST);
    return with(changed -> changed.startAt = due);
  }

  /**
   * How long the batch may take, from {@link #startAt} or else from its submit. When that is over
   * it ends as FAILED: nothing new is begun, and what is not settled by then is CANCELLED. Counted
   * anew when failed items of the ended batch run again. By default it may take for ever.
   *
   * @param afterDue 1 millisecond to 3,650 days
   */
  public BatchRequest<I> deadline(Duration afterDue) {
    Arguments.between("deadline", afterDue, SHORTEST, LONGEST);
    return with(changed -> changed.deadline = afterDue);
  }

  /**
   * How many items may fail: with one more the batch itself is given up and ends as FAILED, the
   * rest of its items as CANCELLED. Items in hand at that moment finish, so a few more may fail.
   * Counted anew when failed items of the ended batch run again. By default any number may, and a
   * batch is COMPLETED with failures.
   *
   * <p>Beside {@link #tolerateFailureRate} both hold, and the first that is passed gives up.
   *
   * @param failures 0 to 2,147,483,647
   */
  public BatchRequest<I> tolerateFailures(long failures) {
    Arguments.between("tolerateFailures", failures, 0L, MOST_FAILURES);
    return with(changed -> changed.toleratedFailures = failures);
  }

  /**
   * As {@link #tolerateFailures}, with a share of all the batch's items, settled or not: of 1,000
   * items and with 0.05, the 51st failure gives up.
   *
   * @param rate 0 to 1
   */
  public BatchRequest<I> tolerateFailureRate(double rate) {
    double positive = rate + 0.0; // turns -0.0 into 0.0, which is below it in order
    Arguments.between("tolerateFailureRate", positive, 0.0, 1.0);
    return with(changed -> changed.toleratedRate = positive);
  }

  /**
   * The batch's own policy, stored with it. By default that of {@link JobOptions#retry} on the node
   * where an item runs.
   */
  public BatchRequest<I> retry(RetryPolicy policy) {
    requireNonNull(policy, "policy");
    return with(changed -> changed.retry = policy);
  }

  JobType<I, ?> type() {
    return type;
  }

  /**
   * Begins to read the items; the caller closes.
   *
   * @throws IllegalStateException if they are a stream that was opened before
   */
  ItemSource.Cursor<I> open() {
    return source.open();
  }

  /** How many items there are, if they are a collection. */
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

  /** The tenant if {@link #tenant(String)} gave one. */
  Optional<String> namedTenant() {
    return Optional.ofNullable(details.tenant);
  }

  Optional<String> submittedBy() {
    return Optional.ofNullable(details.submittedBy);
  }

  int priority() {
    return details.priority;
  }

  /** A JSON object as text. */
  String metadata() {
    return details.metadata;
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

  Optional<RetryPolicy> retry() {
    return Optional.ofNullable(details.retry);
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
   * What can be set. Changed only by {@link #with}, before a request holds it: the final field that
   * it is held in then publishes it safely.
   */
  private static final class Details<I> {
    @Nullable BatchId id;
    @Nullable Function<? super I, String> key;
    @Nullable String name;
    @Nullable String description;
    @Nullable String tenant;
    @Nullable String submittedBy;
    int priority = 5;
    String metadata = "{}";
    @Nullable String idempotencyKey;
    @Nullable Instant startAt;
    @Nullable Duration deadline;
    @Nullable Long toleratedFailures;
    @Nullable Double toleratedRate;
    @Nullable RetryPolicy retry;

    Details() {}

    Details(Details<I> other) {
      id = other.id;
      key = other.key;
      name = other.name;
      description = other.description;
      tenant = other.tenant;
      submittedBy = other.submittedBy;
      priority = other.priority;
      metadata = other.metadata;
      idempotencyKey = other.idempotencyKey;
      startAt = other.startAt;
      deadline = other.deadline;
      toleratedFailures = other.toleratedFailures;
      toleratedRate = other.toleratedRate;
      retry = other.retry;
    }
  }
}
