package org.batchengine.memory;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.batchengine.feed.EventKind;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.store.Actor;
import org.batchengine.store.FencedException;
import org.batchengine.store.NewBatch;
import org.batchengine.store.rules.BatchSettings;
import org.batchengine.store.rules.ParkedKind;
import org.jspecify.annotations.Nullable;

/**
 * All rows of a store in memory, and the moves that keep rows and indexes consistent: a motion is
 * in its batch and also with the session that owns it or, if it can be claimed, in a queue.
 */
final class Tables {
  /** Stands for no session where a batch's settled items are counted. */
  static final long NO_SESSION = 0;

  /** Of events that any node may bring about. */
  static final @Nullable String NO_NODE = null;

  private final InstantSource clock;
  private long lastSession;
  private long lastBatch;
  private long lastMotion;

  final NavigableMap<Long, SessionRow> sessions = new TreeMap<>();

  /** Every batch, hidden ones too. */
  final NavigableMap<Long, BatchRows> batches = new TreeMap<>();

  /** Batches that have not ended and are not hidden. */
  final NavigableMap<Long, BatchRows> live = new TreeMap<>();

  final NavigableMap<Long, BatchRows> hidden = new TreeMap<>();

  private final Map<BatchId, BatchRows> byId = new HashMap<>();
  private final Map<Key, BatchRows> byKey = new HashMap<>();

  final EventRows events = new EventRows();
  final ScheduleRows schedules = new ScheduleRows();
  final LimitRows limits = new LimitRows();

  final ReadyQueue<ChunkRow> readyChunks = new ReadyQueue<>();
  final ReadyQueue<ParkedRow> readyRetries = new ReadyQueue<>();
  final ReadyQueue<ParkedRow> readySuspects = new ReadyQueue<>();
  final ReadyQueue<ParkedRow> readyDeferred = new ReadyQueue<>();

  Tables(InstantSource clock) {
    this.clock = clock;
  }

  /** To the microsecond, as in databases. */
  Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }

  // --- Sessions ---

  SessionRow addSession(String host, Instant expiresAt) {
    SessionRow session = new SessionRow(++lastSession, host, expiresAt);
    sessions.put(session.id, session);
    return session;
  }

  /** The fence. */
  SessionRow session(long id) {
    SessionRow session = sessions.get(id);
    if (session == null) {
      throw new FencedException(id);
    }
    return session;
  }

  // --- Batches ---

  BatchRows addBatch(NewBatch submitted, BatchState state) {
    BatchRows batch = new BatchRows(++lastBatch, submitted, state, now(), events);
    batches.put(batch.number, batch);
    live.put(batch.number, batch);
    byId.put(submitted.id(), batch);
    if (submitted.idempotencyKey() != null) {
      byKey.put(new Key(submitted.tenant(), submitted.idempotencyKey()), batch);
    }
    return batch;
  }

  BatchRows batch(long number) {
    BatchRows batch = batches.get(number);
    if (batch == null) {
      throw new IllegalStateException("there is no batch " + number);
    }
    return batch;
  }

  /** The batches that are not hidden. */
  Stream<BatchRows> found(Collection<Long> numbers) {
    return numbers.stream()
        .flatMap(number -> Stream.ofNullable(batches.get(number)))
        .filter(batch -> !batch.hidden);
  }

  /** A batch that is not hidden and, if a tenant is given, belongs to it. */
  @Nullable BatchRows find(BatchId id, @Nullable String tenant) {
    BatchRows batch = byId.get(id);
    boolean sees = batch != null && (tenant == null || tenant.equals(batch.submitted.tenant()));
    return sees ? batch : null;
  }

  @Nullable BatchRows findByKey(String tenant, @Nullable String idempotencyKey) {
    return idempotencyKey == null ? null : byKey.get(new Key(tenant, idempotencyKey));
  }

  /** A step that the table of transitions allows. */
  void change(BatchRows batch, BatchState next) {
    if (!batch.state.canBecome(next)) {
      throw new IllegalStateException(
          "batch " + batch.number + " is " + batch.state + ", not to be " + next);
    }
    put(batch, next);
    batch.updatedAt = now();
  }

  void end(BatchRows batch, BatchState state) {
    change(batch, state);
    batch.endedAt = batch.updatedAt;
    batch.tell(EventKind.ofEnd(state), NO_NODE, batch.reason, batch.updatedAt);
    live.remove(batch.number);
  }

  /** Sets the state alone, whatever it was. Unowned work is queued only while it may run. */
  void put(BatchRows batch, BatchState state) {
    List<Motion> unowned = batch.motions().filter(motion -> motion.owner == null).toList();
    unowned.forEach(this::dequeue);
    batch.state = state;
    unowned.forEach(this::enqueue);
  }

  /** Gives a batch other settings, and what it has in motion their priority. */
  void change(BatchRows batch, BatchSettings settings) {
    List<Motion> unowned = batch.motions().filter(motion -> motion.owner == null).toList();
    unowned.forEach(this::dequeue);
    batch.settings = settings;
    batch.revision++;
    batch.updatedAt = now();
    batch.motions().forEach(motion -> motion.priority = settings.priority());
    unowned.forEach(this::enqueue);
  }

  /** Hides a batch that has ended or whose owner is gone, and records it in its history. */
  void delete(BatchRows batch, @Nullable Actor by) {
    if (by == null) {
      batch.tell(EventKind.DELETED, NO_NODE, null, now());
    } else {
      batch.tell(EventKind.DELETED, by, null, now());
    }
    hide(batch);
  }

  /** Permanently: its id and key are free again. */
  void hide(BatchRows batch) {
    batch.hidden = true;
    batch.waiting = false;
    batch.waits.clear();
    batch.fill = null;
    live.remove(batch.number);
    hidden.put(batch.number, batch);
    byId.remove(batch.submitted.id());
    if (batch.submitted.idempotencyKey() != null) {
      byKey.remove(new Key(batch.submitted.tenant(), batch.submitted.idempotencyKey()));
    }
  }

  void remove(BatchRows batch) {
    hidden.remove(batch.number);
    batches.remove(batch.number);
  }

  // --- Motion ---

  void add(ChunkRow chunk) {
    chunk.serial = ++lastMotion;
    chunk.batch.chunks.put(chunk.index, chunk);
    enqueue(chunk);
  }

  void add(ParkedRow parked) {
    parked.batch.parked.put(parked.index, parked);
    enqueue(parked);
  }

  void own(SessionRow session, ChunkRow chunk) {
    dequeue(chunk);
    readyChunks.countTurn(chunk.batch);
    chunk.owner = session;
    session.chunks.add(chunk);
  }

  void own(SessionRow session, ParkedRow parked) {
    dequeue(parked);
    queueOf(parked.kind).countTurn(parked.batch);
    parked.owner = session;
    session.parked.add(parked);
  }

  void free(SessionRow session, ChunkRow chunk) {
    session.chunks.remove(chunk);
    chunk.owner = null;
    enqueue(chunk);
  }

  void free(SessionRow session, ParkedRow parked) {
    session.parked.remove(parked);
    parked.owner = null;
    enqueue(parked);
  }

  /** Work owned by sessions that no longer exist. */
  void freeOrphans(BatchRows batch) {
    for (ChunkRow chunk : List.copyOf(batch.chunks.values())) {
      if (chunk.owner != null && !sessions.containsKey(chunk.owner.id)) {
        free(chunk.owner, chunk);
      }
    }
    for (ParkedRow parked : List.copyOf(batch.parked.values())) {
      if (parked.owner != null && !sessions.containsKey(parked.owner.id)) {
        free(parked.owner, parked);
      }
    }
  }

  /** Takes away what the session owns. */
  void remove(SessionRow session, ChunkRow chunk) {
    session.chunks.remove(chunk);
    chunk.batch.chunks.remove(chunk.index);
  }

  /** Takes away what the session owns. */
  void remove(SessionRow session, ParkedRow parked) {
    session.parked.remove(parked);
    parked.batch.parked.remove(parked.index);
  }

  /** Takes away what nobody owns. */
  void remove(ChunkRow chunk) {
    dequeue(chunk);
    chunk.batch.chunks.remove(chunk.index);
  }

  /** Takes away what nobody owns. */
  void remove(ParkedRow parked) {
    dequeue(parked);
    parked.batch.parked.remove(parked.index);
  }

  private void enqueue(Motion motion) {
    if (motion.batch.isInQueues()) {
      if (motion instanceof ChunkRow chunk) {
        readyChunks.add(chunk);
      } else if (motion instanceof ParkedRow parked) {
        queueOf(parked.kind).add(parked);
      }
    }
  }

  private void dequeue(Motion motion) {
    if (motion.batch.isInQueues()) {
      if (motion instanceof ChunkRow chunk) {
        readyChunks.remove(chunk);
      } else if (motion instanceof ParkedRow parked) {
        queueOf(parked.kind).remove(parked);
      }
    }
  }

  private ReadyQueue<ParkedRow> queueOf(ParkedKind kind) {
    return switch (kind) {
      case RETRY -> readyRetries;
      case SUSPECT -> readySuspects;
      case DEFERRED -> readyDeferred;
    };
  }

  private record Key(String tenant, String idempotencyKey) {}
}
