package org.batchengine.memory;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.batchengine.memory.BatchRows.EventKind;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.StateChange;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimStore;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.ReadStore;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.SessionStore;
import org.batchengine.store.SettleStore;
import org.batchengine.store.Settlement;
import org.batchengine.store.SteerStore;
import org.batchengine.store.Steered;
import org.batchengine.store.Steering;
import org.batchengine.store.StoreSettings;
import org.batchengine.store.StoredInput;
import org.batchengine.store.SubmitStore;
import org.batchengine.store.Submitted;
import org.batchengine.store.SweepStore;
import org.jspecify.annotations.Nullable;

/**
 * Keeps batches in memory, for tests: it answers as the stores on a database do, keeps nothing
 * beyond its own life, and does the same in the same situation each time.
 *
 * <p>Its rows are those of the tables of a database. Each verb is one transaction, alone under the
 * store's lock. Engines that are given the same store share it, as nodes share a database; closing
 * it does nothing, so that another engine can go on with what one has left.
 */
public final class InMemoryBatchStore
    implements BatchStore,
        SessionStore,
        SubmitStore,
        ClaimStore,
        SettleStore,
        SteerStore,
        SweepStore,
        ReadStore {
  private final Tables tables;
  private final Submitting submitting;
  private final Claiming claiming;
  private final SequentialClaiming sequential;
  private final Settling settling;
  private final Halting halting;
  private final Reopening reopening;
  private final Ending ending;
  private final Reaping reaping;
  private final BatchViews views;

  /** An empty store whose time is the system's. */
  public InMemoryBatchStore() {
    this(InstantSource.system());
  }

  /** An empty store with its own time: sessions expire and work falls due by this clock. */
  public InMemoryBatchStore(InstantSource clock) {
    tables = new Tables(Objects.requireNonNull(clock, "clock"));
    submitting = new Submitting(tables);
    sequential = new SequentialClaiming(tables);
    claiming = new Claiming(tables, sequential);
    settling = new Settling(tables);
    reaping = new Reaping(tables);
    views = new BatchViews(tables);
    halting = new Halting(tables);
    reopening = new Reopening(tables);
    ending = new Ending(tables, halting, views);
  }

  /** What is stored, for tests of stores. */
  Tables tables() {
    return tables;
  }

  @Override
  public void connect(StoreSettings settings) {}

  @Override
  public void close() {}

  @Override
  public SessionStore sessions() {
    return this;
  }

  @Override
  public SubmitStore submitting() {
    return this;
  }

  @Override
  public ClaimStore claiming() {
    return this;
  }

  @Override
  public SettleStore settling() {
    return this;
  }

  @Override
  public SteerStore steering() {
    return this;
  }

  @Override
  public SweepStore sweeping() {
    return this;
  }

  @Override
  public ReadStore reading() {
    return this;
  }

  // --- Sessions ---

  @Override
  public synchronized long open(String host, Duration expiry) {
    return tables.addSession(host, tables.now().plus(expiry)).id;
  }

  @Override
  public SessionRenewal renewal() {
    return new SessionRenewal() {
      @Override
      public boolean renew(long session, Duration expiry) {
        return renewed(session, expiry);
      }

      @Override
      public void close() {}
    };
  }

  private synchronized boolean renewed(long session, Duration expiry) {
    SessionRow row = tables.sessions.get(session);
    if (row != null) {
      row.expiresAt = tables.now().plus(expiry);
    }
    return row != null;
  }

  @Override
  public synchronized void release(long session) {
    SessionRow row = tables.sessions.get(session);
    if (row != null) {
      reaping.release(row);
      submitting.abandonAll(session);
    }
  }

  @Override
  public synchronized List<SessionExpiry> expired() {
    return tables.sessions.values().stream()
        .filter(this::isExpired)
        .map(row -> new SessionExpiry(row.id, row.expiresAt))
        .toList();
  }

  private boolean isExpired(SessionRow row) {
    return row.expiresAt.isBefore(tables.now());
  }

  @Override
  public synchronized boolean reap(SessionExpiry expired) {
    SessionRow row = tables.sessions.get(expired.session());
    if (row == null || !row.expiresAt.equals(expired.expiresAt()) || !isExpired(row)) {
      return false;
    }
    reaping.reap(row);
    submitting.abandonAll(row.id);
    return true;
  }

  // --- Submitting ---

  @Override
  public synchronized Submitted submit(NewBatch batch, List<NewItem> items) {
    return submitting.submit(batch, items);
  }

  @Override
  public synchronized Submitted begin(NewBatch batch, long session) {
    return submitting.begin(batch, session);
  }

  @Override
  public synchronized void append(long batch, long session, List<NewItem> page) {
    submitting.append(batch, session, page);
  }

  @Override
  public synchronized void finish(long batch, long session) {
    submitting.finish(batch, session);
  }

  @Override
  public synchronized void abandon(long batch, long session) {
    submitting.abandon(batch, session);
  }

  // --- Working ---

  @Override
  public synchronized Claim claim(ClaimRequest request) {
    return claiming.claim(request);
  }

  @Override
  public synchronized Claim claimSuspect(long session, Collection<String> types) {
    return claiming.claimSuspect(session, types);
  }

  @Override
  public synchronized Claim owned(long session) {
    return claiming.owned(session);
  }

  @Override
  public synchronized List<BatchHeader> headers(Collection<Long> batches) {
    return batches.stream()
        .flatMap(number -> Stream.ofNullable(tables.batches.get(number)))
        .filter(batch -> !batch.hidden)
        .map(BatchRows::header)
        .toList();
  }

  @Override
  public synchronized List<StoredInput> load(ClaimedChunk chunk) {
    BatchRows batch = tables.batch(chunk.batch());
    return batch.openItems(chunk.from(), chunk.to()).stream().map(batch::input).toList();
  }

  @Override
  public synchronized List<StoredInput> load(List<ClaimedItem> parked) {
    return parked.stream().map(item -> tables.batch(item.batch()).input(item.index())).toList();
  }

  @Override
  public synchronized List<Long> markRunning(Collection<Long> batches) {
    Instant now = tables.now();
    List<Long> changed = new ArrayList<>();
    for (Long number : batches) {
      BatchRows batch = tables.live.get(number);
      if (batch != null && batch.canStart()) {
        if (batch.state == BatchState.PENDING) {
          tables.change(batch, BatchState.RUNNING);
        }
        batch.startedAt = now;
        batch.updatedAt = now;
        batch.tell(EventKind.STARTED, null, null, now);
        changed.add(number);
      }
    }
    return changed;
  }

  @Override
  public synchronized boolean settle(Settlement settlement) {
    return settling.settle(settlement);
  }

  @Override
  public synchronized List<BatchJob> completeIfDone(Collection<Long> numbers) {
    return numbers.stream()
        .flatMap(number -> live(number).flatMap(ending::completeIfDone).stream())
        .toList();
  }

  private Optional<BatchRows> live(long number) {
    return Optional.ofNullable(tables.live.get(number));
  }

  @Override
  public synchronized Claim claimSequential(long session, Collection<String> types) {
    return sequential.claim(session, types);
  }

  // --- Steering ---

  @Override
  public synchronized Optional<StateChange> cancel(Steering steering, CancelMode mode) {
    return steered(steering).map(batch -> halting.cancel(batch, steering, mode));
  }

  @Override
  public synchronized Optional<StateChange> pause(Steering steering) {
    return steered(steering).map(batch -> halting.pause(batch, steering));
  }

  @Override
  public synchronized Optional<StateChange> resume(Steering steering) {
    return steered(steering).map(batch -> halting.resume(batch, steering));
  }

  @Override
  public synchronized Optional<StateChange> retryFailed(Steering steering, FailedItems which) {
    return steered(steering).map(batch -> reopening.retryFailed(batch, steering, which));
  }

  private Optional<BatchRows> steered(Steering steering) {
    return Optional.ofNullable(tables.find(steering.batch(), steering.tenant()));
  }

  @Override
  public synchronized boolean giveUp(long batch, String actor) {
    return live(batch).filter(found -> halting.giveUp(found, actor)).isPresent();
  }

  @Override
  public synchronized List<Steered> steered(Collection<Long> batches) {
    return batches.stream()
        .flatMap(number -> Stream.ofNullable(tables.batches.get(number)))
        .filter(batch -> !batch.hidden && !batch.isActive())
        .map(batch -> new Steered(batch.number, batch.state, batch.stopForced))
        .toList();
  }

  @Override
  public synchronized boolean cancelUnowned(long batch, int most) {
    return live(batch).filter(found -> halting.cancelUnowned(found, most)).isPresent();
  }

  @Override
  public synchronized List<Long> stopping(int limit) {
    return firstLive(limit, batch -> batch.state == BatchState.STOPPING && batch.hasUnowned());
  }

  @Override
  public synchronized List<Long> overdue(int limit) {
    Instant now = tables.now();
    return firstLive(limit, batch -> batch.canStop() && batch.isOverdue(now));
  }

  private List<Long> firstLive(int limit, Predicate<BatchRows> condition) {
    return tables.live.values().stream()
        .filter(condition)
        .limit(limit)
        .map(batch -> batch.number)
        .toList();
  }

  @Override
  public synchronized long failures(long batch) {
    return live(batch).map(BatchRows::failures).orElse(0L);
  }

  @Override
  public synchronized int removeSubmittedBy(
      String owner, @Nullable String tenant, String actor, int most) {
    return ending.removeSubmittedBy(owner, tenant, actor, most);
  }

  // --- Sweeping ---

  @Override
  public synchronized List<Long> done(int limit) {
    return firstLive(limit, BatchRows::isDone);
  }

  @Override
  public synchronized void repair() {
    for (BatchRows batch : List.copyOf(tables.live.values())) {
      tables.freeOrphans(batch);
      if (batch.isOwned()) {
        markRunning(List.of(batch.number));
      }
      if (batch.submitter != null && !tables.sessions.containsKey(batch.submitter)) {
        tables.hide(batch);
      }
    }
  }

  @Override
  public synchronized int parked(int most) {
    int parked = tables.live.values().stream().mapToInt(batch -> batch.parked.size()).sum();
    return Math.min(parked, most);
  }

  @Override
  public synchronized int hideEnded(Duration longerAgo, int most) {
    return ending.hideEnded(longerAgo, most);
  }

  @Override
  public synchronized boolean removeHidden(int rows) {
    int left = rows;
    while (left > 0 && !tables.hidden.isEmpty()) {
      BatchRows batch = tables.hidden.firstEntry().getValue();
      left -= batch.removeRecords(left);
      if (batch.items.isEmpty()) {
        tables.remove(batch);
        left--;
      }
    }
    return !tables.hidden.isEmpty();
  }

  // --- Reading ---

  @Override
  public synchronized Optional<BatchJob> find(BatchId id, @Nullable String tenant) {
    return Optional.ofNullable(tables.find(id, tenant)).map(views::job);
  }

  @Override
  public synchronized Optional<BatchJob> findByKey(String tenant, String idempotencyKey) {
    return Optional.ofNullable(tables.findByKey(tenant, idempotencyKey)).map(views::job);
  }

  @Override
  public synchronized Optional<BatchHeader> header(BatchId id, @Nullable String tenant) {
    return Optional.ofNullable(tables.find(id, tenant)).map(BatchRows::header);
  }

  @Override
  public synchronized Map<BatchId, BatchState> states(Collection<BatchId> ids) {
    Map<BatchId, BatchState> states = new LinkedHashMap<>();
    for (BatchId id : ids) {
      BatchRows batch = tables.find(id, null);
      if (batch != null) {
        states.put(id, batch.state);
      }
    }
    return states;
  }

  @Override
  public synchronized BatchPage<BatchJob> history(HistoryQuery query) {
    return views.history(query);
  }

  @Override
  public synchronized BatchPage<BatchItem<String, String>> items(
      BatchHeader batch, ItemQuery query) {
    return items(batch)
        .map(items -> items.page(query))
        .orElseGet(() -> BatchPage.of(List.of(), null, query.toMap()));
  }

  @Override
  public synchronized Optional<BatchItem<String, String>> item(BatchHeader batch, int index) {
    return items(batch).flatMap(items -> items.find(index));
  }

  @Override
  public synchronized Optional<BatchItem<String, String>> item(BatchHeader batch, String key) {
    return items(batch).flatMap(items -> items.find(key));
  }

  @Override
  public synchronized List<BatchItem<String, String>> settled(
      BatchHeader batch, int from, int limit) {
    return items(batch).map(items -> items.settled(from, limit)).orElse(List.of());
  }

  @Override
  public synchronized List<ItemError> errors(BatchHeader batch, int index) {
    return items(batch).map(items -> items.errors(index)).orElse(List.of());
  }

  @Override
  public synchronized List<ErrorGroup> errorGroups(BatchHeader batch, int most) {
    return items(batch).map(items -> items.errorGroups(most)).orElse(List.of());
  }

  /** Nothing once the batch is hidden: who reads page by page finds no more. */
  private Optional<ItemViews> items(BatchHeader header) {
    return Optional.ofNullable(tables.batches.get(header.number()))
        .filter(batch -> !batch.hidden)
        .map(ItemViews::new);
  }

  @Override
  public synchronized boolean hide(BatchId id, @Nullable String tenant, String actor) {
    return ending.hide(id, tenant, actor);
  }
}
