package org.batchengine;

import java.util.List;
import java.util.Optional;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.engine.loop.Events;
import org.batchengine.engine.mend.AbandonedSubmits;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.session.SessionKeeper;
import org.batchengine.engine.settle.Completions;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchException;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchIdGenerator;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoreException;
import org.batchengine.model.Submission;
import org.batchengine.store.Actor;
import org.batchengine.store.BatchStore;
import org.batchengine.store.FencedException;
import org.batchengine.store.HostTransaction;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.OwnedFire;
import org.batchengine.store.SubmitStore;
import org.batchengine.store.Submitted;
import org.batchengine.store.Template;
import org.batchengine.store.rules.ItemKeys;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Submits batches.
 *
 * <ol>
 *   <li>If the request has an idempotency key, an earlier batch with that key is looked for first.
 *       While that one is still being submitted, this waits: {@link EarlierBatches}.
 *   <li>Without a key, a batch of one page is stored in one transaction.
 *   <li>A larger batch, or one with a key, is begun, filled page by page, and finished. Until then
 *       it is SUBMITTING and cannot be claimed. It belongs to this engine's session, so that it is
 *       removed if this process dies.
 *   <li>Whatever fails on the way removes it too: {@link AbandonedSubmits}.
 * </ol>
 */
final class RequestSubmitter {
  private static final Logger log = LoggerFactory.getLogger(RequestSubmitter.class);
  private static final int MOST_FORMAT_LENGTH = 100;

  private final EngineConfig config;
  private final BatchStore store;
  private final SubmitStore submitting;
  private final EarlierBatches earlier;
  private final Notices notices;
  private final SessionKeeper sessions;
  private final AbandonedSubmits abandoned;
  private final BatchIdGenerator ids;
  private final Events events;
  private final Completions completions;

  RequestSubmitter(
      EngineConfig config,
      SessionKeeper sessions,
      AbandonedSubmits abandoned,
      BatchIdGenerator ids,
      Events events,
      Completions completions) {
    this.config = config;
    store = config.store();
    submitting = store.submitting();
    earlier = new EarlierBatches(config);
    notices = new Notices(config);
    this.sessions = sessions;
    this.abandoned = abandoned;
    this.ids = ids;
    this.events = events;
    this.completions = completions;
  }

  private RequestSubmitter(RequestSubmitter other, SubmitStore submitting) {
    config = other.config;
    store = other.store;
    this.submitting = submitting;
    earlier = other.earlier;
    notices = other.notices;
    sessions = other.sessions;
    abandoned = other.abandoned;
    ids = other.ids;
    events = other.events;
    completions = other.completions;
  }

  /** The same, for the batch of a fire. */
  RequestSubmitter forFire(OwnedFire fire) {
    return new RequestSubmitter(this, store.submitting().forFire(fire));
  }

  /** What is kept of a request that is to be submitted again and again. */
  <I> Template template(String name, BatchRequest<I> request, int mostItems) {
    if (request.filledFrom().isPresent()) {
      throw new IllegalArgumentException(
          "a template has items of its own: let code make a request for those of a batch");
    }
    String notified = checked(request);
    PayloadCodec<I> codec = request.type().inputCodec(config.codecs());
    List<NewItem> items;
    try (ItemSource.Cursor<I> source = request.open()) {
      items = new RequestPages<>(request, source, codec, config.maxPayload()).next(mostItems + 1);
      if (items.size() > mostItems || source.hasNext()) {
        throw new IllegalArgumentException(
            "a template has at most %d items, and 4 Mi characters: let code make the request"
                .formatted(mostItems));
      }
    }
    ItemKeys.of(0, items);
    return new Template(name, newBatch(request, ids.next(), codec, notified), items);
  }

  /** Stores the batch of a template for a fire, or finds the one of an earlier submit. */
  Submission submit(Template template, String key, OwnedFire fire) {
    NewBatch batch =
        template
            .batch()
            .as(ids.next(), key, new Actor(template.batch().submittedBy(), config.node()));
    SubmitStore ofFire = store.submitting().forFire(fire);
    if (isCreated(ofFire.submitBriefly(batch, template.items()), batch.id())) {
      tell(batch.id());
      return new Submission(batch.id(), true);
    }
    return store
        .reading()
        .findByKey(batch.tenant(), key)
        .map(earlier -> new Submission(earlier.id(), false))
        .orElseThrow(
            () -> new IllegalStateException("the key " + key + " was taken, and is free again"));
  }

  /** Stores the batch, or finds the one of an earlier submit with the same key. */
  <I> Submission submit(BatchRequest<I> request) {
    String notified = checked(request);
    try (ItemSource.Cursor<I> source = request.open()) {
      while (true) {
        Optional<Submission> found = earlier.of(request);
        if (found.isPresent()) {
          return found.get();
        }
        BatchId id = request.id().orElseGet(ids::next);
        if (kept(request, source, id, notified)) {
          tell(id);
          return new Submission(id, true);
        }
      }
    }
  }

  /**
   * Stores the batch in a transaction of the host. Listeners hear nothing: only the host's commit
   * decides whether the batch exists.
   */
  <I> Submission submit(BatchRequest<I> request, HostTransaction transaction) {
    String notified = checked(request);
    try (ItemSource.Cursor<I> source = request.open()) {
      while (true) {
        Optional<Submission> found = earlier.of(request, transaction);
        if (found.isPresent()) {
          return found.get();
        }
        BatchId id = request.id().orElseGet(ids::next);
        PayloadCodec<I> codec = request.type().inputCodec(config.codecs());
        RequestPages<I> pages = new RequestPages<>(request, source, codec, config.maxPayload());
        NewBatch batch = newBatch(request, id, codec, notified);
        if (isCreated(submitting.submit(transaction, batch, pages), id)) {
          return new Submission(id, true);
        }
      }
    }
  }

  /** Refuses what does not fit the type as it is registered here; the types to notify. */
  private @Nullable String checked(BatchRequest<?> request) {
    config.refuseAnother(request.type());
    config.refuseBeyondMaximum(request);
    return notices.of(request);
  }

  /** Tells listeners of a batch that was submitted here. */
  void tell(BatchId id) {
    if (!events.areHeard()) {
      return;
    }
    Optional<BatchJob> kept;
    try {
      kept = store.reading().find(id, null);
    } catch (RuntimeException e) {
      log.warn("cannot tell listeners that batch {} was submitted", id, e);
      return;
    }
    kept.ifPresent(
        job -> {
          events.fire(() -> new BatchEvent.Submitted(job, job.createdAt()));
          if (job.isTerminal() && job.counts().total() == 0 && job.filledFrom().isEmpty()) {
            completions.ended(job); // nobody else ends a batch that is submitted without items
          }
        });
  }

  /** False if another submit with the same key was faster. */
  private <I> boolean kept(
      BatchRequest<I> request, ItemSource.Cursor<I> source, BatchId id, @Nullable String notified) {
    PayloadCodec<I> codec = request.type().inputCodec(config.codecs());
    NewBatch batch = newBatch(request, id, codec, notified);
    if (batch.fill() != null) {
      return isCreated(kept(batch, List.of(), request.id().isEmpty()), id);
    }
    RequestPages<I> pages = new RequestPages<>(request, source, codec, config.maxPayload());
    if (batch.idempotencyKey() != null) {
      // Nothing is read before the key is ours: the source may be readable only once.
      return keptInPages(batch, List.of(), pages);
    }
    List<NewItem> first = pages.next();
    return pages.isLast()
        ? isCreated(kept(batch, first, request.id().isEmpty()), id)
        : keptInPages(batch, first, pages);
  }

  /** If the answer is lost, the batch may exist nonetheless: look for it, if the id is ours. */
  private Submitted kept(NewBatch batch, List<NewItem> items, boolean isOurId) {
    try {
      return submitting.submit(batch, items);
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

  private boolean keptInPages(NewBatch batch, List<NewItem> first, RequestPages<?> pages) {
    Session session = sessions.borrow();
    try {
      return keptInPages(batch, first, pages, session);
    } finally {
      sessions.giveBack();
    }
  }

  private boolean keptInPages(
      NewBatch batch, List<NewItem> first, RequestPages<?> pages, Session session) {
    Submitted begun;
    try {
      begun = submitting.begin(batch, session.id());
    } catch (FencedException e) {
      sessions.fenced(session);
      return keptInPages(batch, first, pages);
    } catch (StoreException e) {
      // It may have begun nonetheless.
      abandoned.add(batch.id(), null, session.id(), e);
      throw e;
    }
    if (!isCreated(begun, batch.id()) || !(begun instanceof Submitted.Created created)) {
      return false;
    }
    try {
      append(created.batch(), session.id(), first, pages);
      finish(batch, created.batch(), session.id());
      return true;
    } catch (FencedException e) {
      throw new BatchException(
          "the submission was removed: either all batches of its owner were deleted, or this"
              + " engine's session expired; in the latter case submit again",
          e);
    } catch (Throwable e) {
      abandoned.add(batch.id(), created.batch(), session.id(), e);
      throw e;
    }
  }

  private void append(long batch, long session, List<NewItem> first, RequestPages<?> pages) {
    if (!first.isEmpty()) {
      submitting.append(batch, session, first);
    }
    while (!pages.isLast()) {
      List<NewItem> page = pages.next();
      sessions.renewIfDue();
      submitting.append(batch, session, page);
    }
  }

  /** If the answer is lost, the batch may be complete nonetheless: its state tells. */
  private void finish(NewBatch kept, long batch, long session) {
    try {
      submitting.finish(batch, session, kept.by());
    } catch (StoreException e) {
      BatchState state = store.reading().states(List.of(kept.id())).get(kept.id());
      if (state == null || state == BatchState.SUBMITTING) {
        throw e;
      }
    }
  }

  private static boolean isCreated(Submitted submitted, BatchId id) {
    if (submitted instanceof Submitted.IdTaken) {
      throw new IllegalArgumentException("a batch with the id " + id + " already exists");
    }
    return submitted instanceof Submitted.Created;
  }

  private <I> NewBatch newBatch(
      BatchRequest<I> request, BatchId id, PayloadCodec<I> codec, @Nullable String notified) {
    List<String> measures = request.type().measures();
    return new NewBatch(
        id,
        request.type().name(),
        request.tenant(),
        request.submittedBy().orElse(null),
        request.name().orElse(null),
        request.description().orElse(null),
        request.idempotencyKey().orElse(null),
        request.priority(),
        request.metadataText(config.codecs()),
        request.startAt().orElse(null),
        config.retry(request).map(RetryPolicy::toText).orElse(null),
        request.timeout().orElse(null),
        request.chunkSize().orElse(null),
        format("input", codec),
        format("output", request.type().outputCodec(config.codecs())),
        request.type().isSequential(),
        request.rehearsal().orElse(null),
        request.toleratedFailures().orElse(null),
        request.toleratedRate().orElse(null),
        request.deadline().orElse(null),
        request.budget().orElse(null),
        request.limit().orElse(null),
        measures.isEmpty() ? null : String.join(",", measures),
        notified,
        request.fill(config.maxPayload()),
        request.predecessors(),
        new Actor(request.actor().orElse(null), config.node()));
  }

  static String format(String side, PayloadCodec<?> codec) {
    return Arguments.text("format of the " + side + " codec", codec.format(), MOST_FORMAT_LENGTH);
  }
}
