package org.batchengine;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.engine.lease.Payloads;
import org.batchengine.model.BatchException;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.IdempotencyConflictException;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.PayloadException;
import org.batchengine.model.Submission;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.HostTransaction;
import org.batchengine.store.NewItem;

/**
 * Finds the batch of an earlier submit with the same idempotency key, and refuses a request whose
 * content differs, as far as that can be seen without reading a source that may be readable only
 * once: by the type; and of a collection by the number of items, and the first of them.
 */
final class EarlierBatches {
  private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(20);
  private static final int COMPARED = 100;

  private final EngineConfig config;
  private final BatchStore store;

  EarlierBatches(EngineConfig config) {
    this.config = config;
    store = config.store();
  }

  /** The batch with the same key, once it is complete. */
  <I> Optional<Submission> of(BatchRequest<I> request) {
    return find(request).map(job -> sameAs(request, job));
  }

  /** The batch with the same key: of this transaction, or a complete one of another. */
  <I> Optional<Submission> of(BatchRequest<I> request, HostTransaction transaction) {
    return request
        .idempotencyKey()
        .flatMap(key -> store.submitting().findByKey(transaction, request.tenant(), key))
        .filter(job -> job.state() != BatchState.SUBMITTING)
        .or(() -> find(request))
        .map(job -> sameAs(request, job));
  }

  private Optional<BatchJob> find(BatchRequest<?> request) {
    if (request.idempotencyKey().isEmpty()) {
      return Optional.empty();
    }
    String key = request.idempotencyKey().get();
    Optional<BatchJob> job = store.reading().findByKey(request.tenant(), key);
    while (job.isPresent() && job.get().state() == BatchState.SUBMITTING) {
      if (Thread.currentThread().isInterrupted()) {
        throw new BatchException(
            "interrupted while waiting for the submit of batch "
                + job.get().id()
                + " with the same key");
      }
      LockSupport.parkNanos(this, LOOK_AGAIN);
      job = store.reading().findByKey(request.tenant(), key);
    }
    return job;
  }

  private <I> Submission sameAs(BatchRequest<I> request, BatchJob earlier) {
    OptionalInt size = request.knownSize();
    if (!earlier.type().equals(request.type().name())) {
      throw conflict(
          request, earlier, "its type is " + earlier.type() + ", not " + request.type().name());
    }
    if (!earlier.filledFrom().equals(request.filledFrom())) {
      throw conflict(request, earlier, "its items are not of the same batch");
    }
    if (size.isPresent()) {
      long total = earlier.counts().total();
      if (size.getAsInt() != total) {
        throw conflict(request, earlier, "it has " + total + " items, not " + size.getAsInt());
      }
      refuseOtherItems(request, earlier);
    }
    return new Submission(earlier.id(), false);
  }

  /**
   * Nothing is compared if the batch cannot be read here: it may be of a transaction of the host.
   */
  private <I> void refuseOtherItems(BatchRequest<I> request, BatchJob earlier) {
    Optional<BatchHeader> header = store.reading().header(earlier.id(), request.tenant());
    if (header.isEmpty()) {
      return;
    }
    PayloadCodec<I> codec = request.type().inputCodec(config.codecs());
    List<BatchItem<String, String>> stored =
        store.reading().items(header.get(), ItemQuery.all().limit(COMPARED)).items();
    List<NewItem> given;
    try (ItemSource.Cursor<I> source = request.open()) {
      given = new RequestPages<>(request, source, codec, config.maxPayload()).next(COMPARED);
    }
    for (int index = 0; index < Math.min(stored.size(), given.size()); index++) {
      NewItem item = given.get(index);
      if (!Objects.equals(item.key(), stored.get(index).key().orElse(null))) {
        throw conflict(request, earlier, "item " + index + " has another key");
      }
      String format = header.get().inputFormat();
      if (!stored.get(index).isPurged()
          && !isSame(
              codec, format, stored.get(index).originalInput(), String.valueOf(item.input()))) {
        throw conflict(request, earlier, "item " + index + " has another input");
      }
    }
  }

  /**
   * Whether the texts mean the same. They may differ if the stored one was written by another
   * release, or if the codec does not write equal payloads alike.
   */
  private static <I> boolean isSame(
      PayloadCodec<I> codec, String format, String stored, String given) {
    if (stored.equals(given)) {
      return true;
    }
    try {
      I earlier = Payloads.decode(codec, stored, format);
      return earlier == null
          || earlier.equals(Payloads.decode(codec, given, codec.format()))
          || Payloads.encode(codec, earlier).equals(given);
    } catch (PayloadException e) {
      return true; // it cannot be seen
    }
  }

  private static IdempotencyConflictException conflict(
      BatchRequest<?> request, BatchJob earlier, String difference) {
    return new IdempotencyConflictException(
        request.idempotencyKey().orElseThrow(), earlier.id(), difference);
  }
}
