package org.batchengine;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
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
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoredText;
import org.batchengine.model.Violation;
import org.batchengine.store.BatchStore;
import org.batchengine.store.FencedException;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Submitted;
import org.jspecify.annotations.Nullable;

/**
 * Reads the items of a request once, lazily, and keeps them page by page.
 *
 * <p>A batch of one page is kept in one transaction. A larger one is SUBMITTING, and not claimable,
 * until its last page is there; it belongs to this engine's session, so that it is removed if this
 * process dies. What goes wrong on the way removes it too.
 */
final class Submitter {
  private static final int PAGE_ITEMS = 5_000;
  private static final long PAGE_CHARS = 4L << 20;
  private static final int MOST_KEY_LENGTH = 200;
  private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(20);

  private final BatchStore store;
  private final Sessions sessions;
  private final PayloadCodecs codecs;
  private final BatchIdGenerator ids;
  private final int maxPayload;
  private final Events events;
  private final Completions completions;

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

  private void tell(BatchId id) {
    if (!events.areHeard()) {
      return;
    }
    store
        .find(id, null)
        .ifPresent(
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
    Optional<BatchJob> job = store.findByKey(request.tenant(), key);
    while (job.isPresent() && job.get().state() == BatchState.SUBMITTING) {
      if (Thread.currentThread().isInterrupted()) {
        throw new BatchException(
            "interrupted while batch " + job.get().id() + " with the same key is being submitted");
      }
      LockSupport.parkNanos(this, LOOK_AGAIN);
      job = store.findByKey(request.tenant(), key);
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
    boolean keyed = batch.idempotencyKey() != null;
    // With a key nothing is read before the key is ours: the source may be good for one reading.
    Submitted begun = keyed ? store.begin(batch, sessions.open().id()) : null;
    if (begun != null && !isCreated(begun, id)) {
      return false;
    }
    try {
      Pages<I> pages = new Pages<>(request, source, codec);
      if (begun == null) {
        List<NewItem> first = pages.next();
        if (pages.isLast()) {
          return isCreated(store.submit(batch, first), id);
        }
        begun = store.begin(batch, sessions.open().id());
        return isCreated(begun, id) && appended(begun, first, pages);
      }
      return appended(begun, List.of(), pages);
    } catch (Throwable e) {
      if (begun instanceof Submitted.Created created) {
        abandon(created.batch(), e);
      }
      throw e;
    }
  }

  private boolean appended(Submitted begun, List<NewItem> first, Pages<?> pages) {
    if (!(begun instanceof Submitted.Created created)) {
      return false;
    }
    long batch = created.batch();
    long session = sessions.open().id();
    try {
      if (!first.isEmpty()) {
        store.append(batch, session, first);
      }
      while (!pages.isLast()) {
        List<NewItem> page = pages.next();
        sessions.renewIfDue();
        if (!page.isEmpty()) {
          store.append(batch, session, page);
        }
      }
      store.finishSubmit(batch, session);
      return true;
    } catch (FencedException e) {
      throw new BatchException(
          "the submission was given up because this engine's session expired meanwhile;"
              + " nothing of it remains: submit again",
          e);
    }
  }

  private void abandon(long batch, Throwable cause) {
    Session session = sessions.current();
    if (session == null) {
      return;
    }
    try {
      store.abandonSubmit(batch, session.id());
    } catch (RuntimeException e) {
      // The sweeper removes it once this session is gone, or has ended the batch.
      cause.addSuppressed(e);
    }
  }

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
        codec.format(),
        request.type().outputCodec(codecs).format());
  }

  /** The items of a request, page by page. */
  private final class Pages<I> {
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
      return !source.hasNext();
    }

    List<NewItem> next() {
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
        text = codec.encode(input);
      } catch (Exception e) {
        InvalidItemException invalid =
            invalid("input", "cannot be encoded as " + codec.format() + ": " + e, "encoding");
        invalid.initCause(e);
        throw invalid;
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
