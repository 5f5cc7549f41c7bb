package org.batchengine;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchException;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchIdGenerator;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.IdempotencyConflictException;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.PayloadException;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoreException;
import org.batchengine.model.StoredText;
import org.batchengine.model.Violation;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.FencedException;
import org.batchengine.store.HostTransaction;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Submitted;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the items of a request once, lazily, and keeps them page by page.
 *
 * <p>A batch of one page is kept in one transaction. A larger one is SUBMITTING, and not claimable,
 * until its last page is there; it belongs to this engine's session, so that it is removed if this
 * process dies. What goes wrong on the way removes it too.
 */
final class Submitter {
  private static final Logger log = LoggerFactory.getLogger(Submitter.class);
  private static final int PAGE_ITEMS = 20_000;
  private static final long PAGE_CHARS = 4L << 20;
  private static final int MOST_KEY_LENGTH = 200;
  private static final int MOST_FORMAT_LENGTH = 100;
  private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(20);

  private final BatchStore store;
  private final Sessions sessions;
  private final PayloadCodecs codecs;
  private final BatchIdGenerator ids;
  private final int maxPayload;
  private final Events events;
  private final Completions completions;
  private final Queue<Half> left = new ConcurrentLinkedQueue<>();

  Submitter(
      BatchStore store,
      Sessions sessions,
      PayloadCodecs codecs,
      BatchIdGenerator ids,
      int maxPayload,
      Events events,
      Completions completions) {
    this.store = store;
    this.sessions = sessions;
    this.codecs = codecs;
    this.ids = ids;
    this.maxPayload = maxPayload;
    this.events = events;
    this.completions = completions;
  }

  /** Keeps the batch, or finds the one of an earlier submit with the same key. */
  <I> BatchId submit(BatchRequest<I> request) {
    try (ItemCursor<I> source = request.open()) {
      while (true) {
        Optional<BatchJob> earlier = earlier(request);
        if (earlier.isPresent()) {
          return sameAs(request, earlier.get());
        }
        BatchId id = request.id().orElseGet(ids::next);
        if (kept(request, source, id)) {
          tell(id);
          return id;
        }
      }
    }
  }

  /**
   * Keeps the batch in a transaction of the host. Nobody is told of it: whether it is there is for
   * the host's commit to say.
   */
  <I> BatchId submit(BatchRequest<I> request, HostTransaction transaction) {
    try (ItemCursor<I> source = request.open()) {
      while (true) {
        Optional<BatchJob> earlier = earlier(request, transaction);
        if (earlier.isPresent()) {
          return sameAs(request, earlier.get());
        }
        BatchId id = request.id().orElseGet(ids::next);
        PayloadCodec<I> codec = request.type().inputCodec(codecs);
        Pages<I> pages = new Pages<>(request, source, codec);
        if (isCreated(
            store.submitting().submit(transaction, newBatch(request, id, codec), pages), id)) {
          return id;
        }
      }
    }
  }

  /** The batch with the same key, of this transaction or, complete, of another. */
  private Optional<BatchJob> earlier(BatchRequest<?> request, HostTransaction transaction) {
    if (request.idempotencyKey().isEmpty()) {
      return Optional.empty();
    }
    return store
        .submitting()
        .findByKey(transaction, request.tenant(), request.idempotencyKey().get())
        .filter(job -> job.state() != BatchState.SUBMITTING)
        .or(() -> earlier(request));
  }

  private void tell(BatchId id) {
    if (!events.areHeard()) {
      return;
    }
    Optional<BatchJob> kept;
    try {
      kept = store.reading().find(id, null);
    } catch (RuntimeException e) {
      log.warn("listeners are not told that batch {} was submitted", id, e);
      return;
    }
    kept.ifPresent(
        job -> {
          events.fire(() -> new BatchEvent.Submitted(job, job.createdAt()));
          if (job.counts().total() == 0) {
            completions.ended(job);
          }
        });
  }

  /** The batch of an earlier submit with the same key, once it is complete. */
  private Optional<BatchJob> earlier(BatchRequest<?> request) {
    if (request.idempotencyKey().isEmpty()) {
      return Optional.empty();
    }
    String key = request.idempotencyKey().get();
    Optional<BatchJob> job = store.reading().findByKey(request.tenant(), key);
    while (job.isPresent() && job.get().state() == BatchState.SUBMITTING) {
      if (Thread.currentThread().isInterrupted()) {
        throw new BatchException(
            "interrupted while batch " + job.get().id() + " with the same key is being submitted");
      }
      LockSupport.parkNanos(this, LOOK_AGAIN);
      job = store.reading().findByKey(request.tenant(), key);
    }
    return job;
  }

  private static BatchId sameAs(BatchRequest<?> request, BatchJob earlier) {
    String key = request.idempotencyKey().orElseThrow();
    OptionalInt size = request.knownSize();
    if (!earlier.type().equals(request.type().name())) {
      throw new IdempotencyConflictException(
          key, earlier.id(), "its type is " + earlier.type() + ", not " + request.type().name());
    }
    if (size.isPresent() && size.getAsInt() != earlier.counts().total()) {
      throw new IdempotencyConflictException(
          key,
          earlier.id(),
          "it has " + earlier.counts().total() + " items, not " + size.getAsInt());
    }
    return earlier.id();
  }

  /** False if another submit with the same key was quicker. */
  private <I> boolean kept(BatchRequest<I> request, ItemCursor<I> source, BatchId id) {
    PayloadCodec<I> codec = request.type().inputCodec(codecs);
    NewBatch batch = newBatch(request, id, codec);
    Pages<I> pages = new Pages<>(request, source, codec);
    if (batch.idempotencyKey() != null) {
      // Nothing is read before the key is ours: the source may be good for one reading.
      return keptInPages(batch, List.of(), pages);
    }
    List<NewItem> first = pages.next();
    return pages.isLast()
        ? isCreated(kept(batch, first, request.id().isEmpty()), id)
        : keptInPages(batch, first, pages);
  }

  /** If the answer is lost the batch may be there all the same: an id of ours tells. */
  private Submitted kept(NewBatch batch, List<NewItem> items, boolean isOurId) {
    try {
      return store.submitting().submit(batch, items);
    } catch (StoreException e) {
      return created(batch, isOurId).orElseThrow(() -> e);
    }
  }

  private Optional<Submitted> created(NewBatch batch, boolean isOurId) {
    try {
      return isOurId
          ? store
              .reading()
              .header(batch.id(), batch.tenant())
              .map(kept -> new Submitted.Created(kept.number()))
          : Optional.empty();
    } catch (StoreException e) {
      return Optional.empty();
    }
  }

  private boolean keptInPages(NewBatch batch, List<NewItem> first, Pages<?> pages) {
    Session session = sessions.open();
    Submitted begun;
    try {
      begun = store.submitting().begin(batch, session.id());
    } catch (FencedException e) {
      sessions.fenced(session);
      return keptInPages(batch, first, pages);
    } catch (StoreException e) {
      // It may be begun all the same.
      abandon(new Half(batch.id(), null, session.id()), e);
      throw e;
    }
    if (!isCreated(begun, batch.id()) || !(begun instanceof Submitted.Created created)) {
      return false;
    }
    try {
      append(created.batch(), session.id(), first, pages);
      finish(batch.id(), created.batch(), session.id());
      return true;
    } catch (FencedException e) {
      throw new BatchException(
          "the submission was given up, and nothing of it remains: all that its owner has submitted"
              + " was deleted, or this engine's session expired meanwhile; if so, submit again",
          e);
    } catch (Throwable e) {
      abandon(new Half(batch.id(), created.batch(), session.id()), e);
      throw e;
    }
  }

  private void append(long batch, long session, List<NewItem> first, Pages<?> pages) {
    if (!first.isEmpty()) {
      store.submitting().append(batch, session, first);
    }
    while (!pages.isLast()) {
      List<NewItem> page = pages.next();
      sessions.renewIfDue();
      store.submitting().append(batch, session, page);
    }
  }

  /** If the answer is lost the batch may be complete all the same: its state tells. */
  private void finish(BatchId id, long batch, long session) {
    try {
      store.submitting().finish(batch, session);
    } catch (StoreException e) {
      BatchState state = store.reading().states(List.of(id)).get(id);
      if (state == null || state == BatchState.SUBMITTING) {
        throw e;
      }
    }
  }

  private void abandon(Half half, Throwable cause) {
    try {
      remove(half);
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
      left.add(half);
    }
  }

  private void remove(Half half) {
    Long batch = half.batch();
    if (batch == null) {
      batch = store.reading().header(half.id(), null).map(BatchHeader::number).orElse(null);
    }
    if (batch != null) {
      store.submitting().abandon(batch, half.session());
    }
  }

  /**
   * Removes what failed submits could not remove at once. Their session lives on, so that nobody
   * else would, and their idempotency keys are taken until then.
   */
  void removeLeft() {
    RuntimeException failure = null;
    for (int i = left.size(); i > 0; i--) {
      Half half = left.remove();
      try {
        remove(half);
      } catch (RuntimeException e) {
        left.add(half);
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** A batch that is to be removed; without a number if nobody knows whether it was begun. */
  private record Half(BatchId id, @Nullable Long batch, long session) {}

  private static boolean isCreated(Submitted submitted, BatchId id) {
    if (submitted instanceof Submitted.IdTaken) {
      throw new IllegalArgumentException("there is a batch with the id " + id + " already");
    }
    return submitted instanceof Submitted.Created;
  }

  private <I> NewBatch newBatch(BatchRequest<I> request, BatchId id, PayloadCodec<I> codec) {
    return new NewBatch(
        id,
        request.type().name(),
        request.tenant(),
        request.submittedBy().orElse(null),
        request.name().orElse(null),
        request.description().orElse(null),
        request.idempotencyKey().orElse(null),
        request.priority(),
        request.metadata(),
        request.startAt().orElse(null),
        request.retry().map(RetryPolicy::toText).orElse(null),
        format("input", codec),
        format("output", request.type().outputCodec(codecs)),
        request.type().isSequential(),
        request.toleratedFailures().orElse(null),
        request.toleratedRate().orElse(null),
        request.deadline().orElse(null));
  }

  private static String format(String side, PayloadCodec<?> codec) {
    return Arguments.text("format of the codec of the " + side, codec.format(), MOST_FORMAT_LENGTH);
  }

  /** The items of a request, page by page. */
  private final class Pages<I> implements Iterator<List<NewItem>> {
    private final ItemCursor<I> source;
    private final PayloadCodec<I> codec;
    private final @Nullable Function<? super I, String> keys;
    private long index;

    Pages(BatchRequest<I> request, ItemCursor<I> source, PayloadCodec<I> codec) {
      this.source = source;
      this.codec = codec;
      keys = request.key().orElse(null);
    }

    boolean isLast() {
      return !hasNext();
    }

    @Override
    public boolean hasNext() {
      return source.hasNext();
    }

    @Override
    public List<NewItem> next() {
      List<NewItem> page = new ArrayList<>();
      long chars = 0;
      while (page.size() < PAGE_ITEMS && chars < PAGE_CHARS && source.hasNext()) {
        NewItem item = item(source.next());
        page.add(item);
        chars += item.input() == null ? 0 : item.input().length();
        index++;
      }
      return page;
    }

    private NewItem item(@Nullable I input) {
      if (index == Integer.MAX_VALUE) {
        throw new IllegalArgumentException("a batch has at most " + Integer.MAX_VALUE + " items");
      }
      if (input == null) {
        throw invalid("input", "is null", "required");
      }
      String text;
      try {
        text = Payloads.encode(codec, input);
      } catch (PayloadException e) {
        Violation violation = new Violation("input", String.valueOf(e.getMessage()), "encoding");
        throw new InvalidItemException((int) index, List.of(violation), e);
      }
      if (text != null) {
        check(text);
      }
      return new NewItem(keys == null ? null : key(keys.apply(input)), text);
    }

    private void check(String text) {
      // A char is at most three bytes of UTF-8, so most texts need no counting.
      if (text.length() > maxPayload / 3) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > maxPayload) {
          throw invalid(
              "input",
              "has " + bytes + " bytes, more than the " + maxPayload + " that are kept",
              "size");
        }
      }
      Optional<String> problem = StoredText.problem(text);
      if (problem.isPresent()) {
        throw invalid("input", problem.get(), "text");
      }
    }

    private String key(@Nullable String key) {
      if (key == null || key.isBlank()) {
        throw invalid("key", "is " + (key == null ? "null" : "blank"), "required");
      }
      if (key.length() > MOST_KEY_LENGTH) {
        throw invalid(
            "key", "has " + key.length() + " characters, at most " + MOST_KEY_LENGTH, "size");
      }
      Optional<String> problem = StoredText.problem(key);
      if (problem.isPresent()) {
        throw invalid("key", problem.get(), "text");
      }
      return key;
    }

    private InvalidItemException invalid(String path, String message, String code) {
      return new InvalidItemException((int) index, List.of(new Violation(path, message, code)));
    }
  }
}
