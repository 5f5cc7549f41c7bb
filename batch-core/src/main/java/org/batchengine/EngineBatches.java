package org.batchengine;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.engine.lease.LiveBatch.Hold;
import org.batchengine.engine.lease.Payloads;
import org.batchengine.engine.settle.Completions;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchException;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchPage;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.InputVersion;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.Reason;
import org.batchengine.model.SettleResult;
import org.batchengine.model.StateChange;
import org.batchengine.model.Submission;
import org.batchengine.store.Actor;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.HostTransaction;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.NewSettings;
import org.batchengine.store.Steering;
import org.jspecify.annotations.Nullable;

/** Submits, reads and steers batches: everything that needs no worker. */
class EngineBatches implements Batches {
  private static final int RESULTS_AT_ONCE = 1_000;

  private static final int REMOVED_AT_ONCE = 1_000;

  private static final int PURGED_AT_ONCE = 5_000;

  private final EngineParts parts;
  private final @Nullable String tenant;
  private final @Nullable String user;

  /**
   * The batches of an engine.
   *
   * @param tenant the only tenant whose batches are seen; null: all tenants
   */
  EngineBatches(EngineParts parts, @Nullable String tenant) {
    this(parts, tenant, null);
  }

  private EngineBatches(EngineParts parts, @Nullable String tenant, @Nullable String user) {
    this.parts = parts;
    this.tenant = tenant;
    this.user = user;
  }

  @Override
  public Submission submitOnce(BatchRequest<?> request) {
    Objects.requireNonNull(request, "request");
    Optional<? extends HostTransaction> joined = parts.config.hostTransaction().get();
    if (joined.isPresent()) {
      return submitOnce(request, joined.get());
    }
    store();
    Submission submission = parts.submitter.submit(ofView(request));
    if (request.isAfterOthers()) {
      parts.dependents.submitted(submission.id());
    }
    if (request.filledFrom().isPresent()) {
      parts.filling.lookSoon();
    }
    parts.looking.lookSoon();
    return submission;
  }

  @Override
  public Submission submitOnce(BatchRequest<?> request, HostTransaction transaction) {
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(transaction, "transaction");
    store();
    Submission submission = parts.submitter.submit(ofView(request), transaction);
    parts.looking.lookOften();
    return submission;
  }

  private <I> BatchRequest<I> ofView(BatchRequest<I> request) {
    BatchRequest<I> own = request;
    if (user != null) {
      own = own.actingAs(user);
    }
    if (tenant != null) {
      request.namedTenant().ifPresent(this::refuseOther);
      own = own.tenant(tenant);
    }
    return own;
  }

  private void refuseOther(String named) {
    Arguments.ownTenant(named, tenant);
  }

  @Override
  public Batches forTenant(String tenant) {
    Arguments.text("tenant", tenant, 100);
    if (this.tenant != null) {
      refuseOther(tenant);
    }
    return new EngineBatches(parts, tenant, user);
  }

  @Override
  public Batches actingAs(String user) {
    Arguments.text("user", user, 200);
    if (this.user != null && !this.user.equals(user)) {
      throw new IllegalArgumentException(
          "user: " + user + " differs from this view's user " + this.user + "; ask the engine");
    }
    return new EngineBatches(parts, tenant, user);
  }

  @Override
  public BatchFeed feed() {
    store();
    return new EngineFeed(this::store, parts, tenant);
  }

  @Override
  public BatchAudit audit() {
    store();
    return query -> {
      Objects.requireNonNull(query, "query");
      query.tenant().ifPresent(this::refuseOther);
      return store().feed().audit(tenant == null ? query : query.tenant(tenant));
    };
  }

  @Override
  public BatchSchedules schedules() {
    return new EngineSchedules(store().schedules(), tenant, by());
  }

  @Override
  public BatchTemplates templates() {
    return new EngineTemplates(store().templates(), parts.submitter, tenant, by());
  }

  @Override
  public BatchLimits limits() {
    if (tenant != null) {
      throw new IllegalStateException(
          "the view of tenant %s has no limits to set: they are for whoever has the engine"
              .formatted(tenant));
    }
    return new EngineLimits(store().limits(), by(), parts::limitsChanged, this);
  }

  @Override
  public BatchReports reports() {
    return new EngineReports(store(), parts.reports, tenant);
  }

  @Override
  public Optional<BatchJob> find(BatchId id) {
    return store().reading().find(Objects.requireNonNull(id, "id"), tenant);
  }

  @Override
  public BatchJob status(BatchId id) {
    return find(id).orElseThrow(() -> new BatchNotFoundException(id));
  }

  @Override
  public BatchJob await(BatchId id) throws InterruptedException {
    Completions completions = completions(id);
    refuseInItem(id);
    CompletableFuture<BatchJob> end = completions.awaited(id);
    try {
      return end.get();
    } catch (ExecutionException e) {
      throw unwrapped(e);
    } finally {
      end.cancel(false);
    }
  }

  @Override
  public BatchJob await(BatchId id, Duration atMost) throws InterruptedException {
    Objects.requireNonNull(atMost, "atMost");
    Completions completions = completions(id);
    if (atMost.compareTo(Duration.ZERO) > 0) {
      refuseInItem(id);
    }
    CompletableFuture<BatchJob> end = completions.awaited(id);
    try {
      return end.get(nanosOf(atMost), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return status(id);
    } catch (ExecutionException e) {
      throw unwrapped(e);
    } finally {
      end.cancel(false);
    }
  }

  private static long nanosOf(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      return duration.isNegative() ? 0 : Long.MAX_VALUE;
    }
  }

  private static RuntimeException unwrapped(ExecutionException e) {
    Throwable cause = e.getCause();
    return cause instanceof BatchException known ? known : new IllegalStateException(cause);
  }

  @Override
  public CompletableFuture<BatchJob> completion(BatchId id) {
    return completions(id).of(id, () -> refuseInItem(id));
  }

  /**
   * An item must not wait for a batch of its own type: it keeps the worker that the batch may need.
   * If all workers wait like this, the batch never ends.
   */
  void refuseInItem(BatchId id) {
    String type = parts.typeOnThisThread();
    if (type != null && header(id).type().equals(type) && !status(id).isTerminal()) {
      throw new IllegalStateException(
          "an item of %s cannot wait for batch %s, which is of the same type and may need its worker: give the batch a type of its own, or return and go on in a listener or a dependent of completion(), or call retryAfter until the batch has ended"
              .formatted(type, id));
    }
  }

  @Override
  public BatchPage<BatchJob> history(HistoryQuery query) {
    Objects.requireNonNull(query, "query");
    if (tenant == null) {
      return store().reading().history(query);
    }
    query.tenant().ifPresent(this::refuseOther);
    return store().reading().history(query.tenant(tenant));
  }

  @Override
  public BatchPage<BatchItem<String, String>> items(BatchId id, ItemQuery query) {
    Objects.requireNonNull(query, "query");
    return store().reading().items(header(id), query);
  }

  @Override
  public <I, O> BatchPage<BatchItem<I, O>> items(JobType<I, O> type, BatchId id, ItemQuery query) {
    Objects.requireNonNull(query, "query");
    BatchHeader batch = header(type, id);
    return store().reading().items(batch, query).map(decoder(type, batch));
  }

  @Override
  public Optional<BatchItem<String, String>> item(BatchId id, String key) {
    Arguments.text("key", key, 200);
    return store().reading().item(header(id), key);
  }

  @Override
  public Optional<BatchItem<String, String>> item(BatchId id, int index) {
    return store().reading().item(header(id), index);
  }

  @Override
  public <I, O> Stream<BatchItem<I, O>> results(JobType<I, O> type, BatchId id) {
    BatchHeader batch = header(type, id);
    Iterator<BatchItem<String, String>> settled = new SettledItems(batch);
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(settled, Spliterator.ORDERED), false)
        .map(decoder(type, batch));
  }

  @Override
  public List<ItemError> errors(BatchId id, int index) {
    return store().reading().errors(header(id), index);
  }

  @Override
  public List<ErrorGroup> errorGroups(BatchId id, int most) {
    if (most < 1) {
      throw new IllegalArgumentException("most: " + most + " is less than 1");
    }
    return store().reading().errorGroups(header(id), most);
  }

  @Override
  public List<Reason> explain(BatchId id) {
    return store().reading().explain(header(id));
  }

  @Override
  public boolean delete(BatchId id) {
    boolean hidden = store().steering().hide(Objects.requireNonNull(id, "id"), tenant, by());
    if (hidden) {
      parts.removal.removeSoon();
    }
    return hidden;
  }

  @Override
  public long deleteSubmittedBy(String owner) {
    Arguments.text("owner", owner, 200);
    long removed = 0;
    int last;
    do {
      last = store().steering().removeSubmittedBy(owner, tenant, by(), REMOVED_AT_ONCE);
      removed += last;
    } while (last == REMOVED_AT_ONCE);
    store().templates().list(tenant).stream()
        .filter(template -> template.submittedBy().equals(Optional.of(owner)))
        .map(template -> new NameInTenant(template.tenant(), template.name()))
        .forEach(name -> store().templates().remove(name, by()));
    while (store().feed().forget(owner, tenant, REMOVED_AT_ONCE) == REMOVED_AT_ONCE) {
      // there may be more
    }
    parts.steeredElsewhere.lookSoon();
    parts.stopping.lookSoon();
    parts.removal.removeSoon();
    return removed;
  }

  @Override
  public long purgePayloads(Duration olderThan) {
    Arguments.between("olderThan", olderThan, Duration.ZERO, Duration.ofDays(3650));
    long purged = 0;
    int last;
    do {
      last = store().sweeping().purgePayloads(olderThan, tenant, by(), PURGED_AT_ONCE);
      purged += last;
    } while (last == PURGED_AT_ONCE);
    return purged;
  }

  @Override
  public StateChange cancel(BatchId id, CancelMode mode, String reason) {
    Objects.requireNonNull(mode, "mode");
    StateChange change = known(id, store().steering().cancel(steering(id, reason), mode));
    if (change.changed()) {
      parts.leases.hold(id, mode == CancelMode.FORCED ? Hold.FORCED : Hold.STOPPED);
      store().reading().header(id, tenant).ifPresent(b -> parts.stopping.cancelSoon(b.number()));
    }
    return change;
  }

  @Override
  public StateChange pause(BatchId id, String reason) {
    StateChange change = known(id, store().steering().pause(steering(id, reason)));
    if (change.changed()) {
      parts.leases.hold(id, Hold.PAUSED);
      tell(id, job -> new BatchEvent.Paused(job, job.updatedAt()));
    }
    return change;
  }

  @Override
  public StateChange resume(BatchId id, String reason) {
    StateChange change = known(id, store().steering().resume(steering(id, reason)));
    if (change.changed()) {
      parts.leases.hold(id, Hold.NONE);
      parts.filling.lookSoon();
      parts.looking.lookSoon();
      tell(id, job -> new BatchEvent.Resumed(job, job.updatedAt()));
    }
    return change;
  }

  @Override
  public StateChange change(BatchId id, BatchChange change, String reason) {
    NewSettings settings = Objects.requireNonNull(change, "change").settings(() -> header(id));
    StateChange changed = known(id, store().steering().change(steering(id, reason), settings));
    if (changed.changed()) {
      BatchHeader batch = header(id);
      parts.leases.read(batch);
      parts.looking.lookSoon();
      if (change.isOfTolerance()
          && store().steering().giveUp(batch.number(), parts.config.node())) {
        parts.leases.hold(id, Hold.STOPPED);
        parts.stopping.cancelSoon(batch.number());
      }
    }
    return changed;
  }

  @Override
  public StateChange retryFailed(BatchId id, CorrectedInputs<?> corrected, String reason) {
    Objects.requireNonNull(corrected, "corrected");
    Steering steering = steering(id, reason);
    BatchHeader batch = header(corrected.type(), id);
    return reopened(
        id, store().steering().retryCorrected(steering, corrected.pages(parts.config, batch)));
  }

  @Override
  public List<InputVersion> inputs(BatchId id, int index) {
    return store().reading().inputs(header(id), index);
  }

  @Override
  public StateChange retryFailed(BatchId id, FailedItems which, String reason) {
    Objects.requireNonNull(which, "which");
    return reopened(id, store().steering().retryFailed(steering(id, reason), which));
  }

  private StateChange reopened(BatchId id, Optional<StateChange> answer) {
    StateChange change = known(id, answer);
    if (change.changed()) {
      parts.looking.lookSoon();
      tell(id, job -> new BatchEvent.Reopened(job, job.updatedAt(), change.items()));
    }
    return change;
  }

  @Override
  public <O> SettleResult settle(JobType<?, O> type, BatchId id, String key, Verdict<O> verdict) {
    return Objects.requireNonNull(settleAll(type, id, Map.of(key, verdict)).get(key));
  }

  @Override
  public <O> SettleResult settle(JobType<?, O> type, BatchId id, int index, Verdict<O> verdict) {
    return new DeferredItems<>(parts, type, header(type, id)).settle(index, 0, verdict);
  }

  @Override
  public <O> SettleResult settle(JobType<?, O> type, String deferral, Verdict<O> verdict) {
    DeferredItems.Deferral named = DeferredItems.Deferral.parse(deferral);
    return new DeferredItems<>(parts, type, header(type, named.batch()))
        .settle(named.index(), named.attempt(), verdict);
  }

  @Override
  public <O> Map<String, SettleResult> settleAll(
      JobType<?, O> type, BatchId id, Map<String, ? extends Verdict<O>> verdicts) {
    Objects.requireNonNull(verdicts, "verdicts");
    return new DeferredItems<>(parts, type, header(type, id)).settle(verdicts);
  }

  @Override
  public <O> Map<String, SettleResult> settleAll(
      JobType<?, O> type, Map<String, ? extends Verdict<O>> verdicts) {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(verdicts, "verdicts");
    return DeferredItems.settleAll(parts, type, id -> header(type, id), verdicts);
  }

  private Steering steering(BatchId id, String reason) {
    Arguments.text("reason", reason, 2_000);
    return new Steering(Objects.requireNonNull(id, "id"), tenant, by(), reason);
  }

  private Actor by() {
    return new Actor(user, parts.config.node());
  }

  private static StateChange known(BatchId id, Optional<StateChange> change) {
    return change.orElseThrow(() -> new BatchNotFoundException(id));
  }

  private void tell(BatchId id, Function<BatchJob, BatchEvent> event) {
    if (parts.events.areHeard()) {
      find(id).ifPresent(job -> parts.events.fire(() -> event.apply(job)));
    }
  }

  /** The parts below know no tenants, so first check that the batch belongs to this view's. */
  private Completions completions(BatchId id) {
    Objects.requireNonNull(id, "id");
    if (tenant != null) {
      header(id);
    }
    store();
    return parts.completions;
  }

  BatchStore store() {
    if (parts.closed.get()) {
      throw new IllegalStateException("the engine is closed");
    }
    return parts.store;
  }

  private BatchHeader header(BatchId id) {
    Objects.requireNonNull(id, "id");
    return store().reading().header(id, tenant).orElseThrow(() -> new BatchNotFoundException(id));
  }

  private BatchHeader header(JobType<?, ?> type, BatchId id) {
    Objects.requireNonNull(type, "type");
    BatchHeader batch = header(id);
    if (!batch.type().equals(type.name())) {
      throw new IllegalArgumentException(
          "batch " + id + " is of type " + batch.type() + ", not " + type.name());
    }
    return batch;
  }

  private <I, O> Function<BatchItem<String, String>, BatchItem<I, O>> decoder(
      JobType<I, O> type, BatchHeader batch) {
    PayloadCodec<I> inputs = type.inputCodec(parts.config.codecs());
    PayloadCodec<O> outputs = type.outputCodec(parts.config.codecs());
    return item ->
        item.decoded(
            text -> Payloads.decode(inputs, text, batch.inputFormat()),
            text -> Payloads.decode(outputs, text, batch.outputFormat()));
  }

  /** The settled items of a batch by index, read page by page. */
  private final class SettledItems implements Iterator<BatchItem<String, String>> {
    private final BatchHeader batch;
    private Iterator<BatchItem<String, String>> page =
        List.<BatchItem<String, String>>of().iterator();
    private int from;
    private boolean last;

    SettledItems(BatchHeader batch) {
      this.batch = batch;
    }

    @Override
    public boolean hasNext() {
      if (!page.hasNext() && !last) {
        List<BatchItem<String, String>> next =
            store().reading().settled(batch, from, RESULTS_AT_ONCE);
        last = next.size() < RESULTS_AT_ONCE;
        if (!next.isEmpty()) {
          from = next.get(next.size() - 1).index() + 1;
        }
        page = next.iterator();
      }
      return page.hasNext();
    }

    @Override
    public BatchItem<String, String> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return page.next();
    }
  }
}
