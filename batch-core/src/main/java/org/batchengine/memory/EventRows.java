package org.batchengine.memory;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.model.BatchId;
import org.batchengine.store.Actor;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.ReaderName;
import org.jspecify.annotations.Nullable;

/** What happened to batches, also to those that are gone, and how far readers have come. */
final class EventRows {
  private static final BatchId NO_BATCH = BatchId.of(new UUID(0, 0));

  private long lastId;
  private long lastPosition;

  /** Events without a position, by id. */
  private final NavigableMap<Long, EventRow> fresh = new TreeMap<>();

  final NavigableMap<Long, EventRow> byPosition = new TreeMap<>();
  final Map<ReaderName, Long> readers = new HashMap<>();

  /** A row of the table event. */
  static final class EventRow {
    final long batch;
    final BatchId id;
    final String tenant;
    final String type;
    final int run;
    final EventKind kind;
    @Nullable String actor;
    final @Nullable String node;
    final @Nullable String reason;
    final @Nullable String detail;
    final Instant happenedAt;

    EventRow(
        BatchRows batch,
        EventKind kind,
        @Nullable String actor,
        @Nullable String node,
        @Nullable String reason,
        @Nullable String detail,
        Instant happenedAt) {
      this.batch = batch.number;
      id = batch.submitted.id();
      tenant = batch.submitted.tenant();
      type = batch.submitted.type();
      run = batch.run;
      this.kind = kind;
      this.actor = actor;
      this.node = node;
      this.reason = reason;
      this.detail = detail;
      this.happenedAt = happenedAt;
    }

    EventRow(
        NameInTenant of, EventKind kind, Actor by, @Nullable String reason, Instant happenedAt) {
      batch = 0;
      id = NO_BATCH;
      tenant = of.tenant();
      type = of.name();
      run = 1;
      this.kind = kind;
      actor = by.user();
      node = by.node();
      this.reason = reason;
      detail = null;
      this.happenedAt = happenedAt;
    }

    FeedEvent at(long position) {
      return new FeedEvent(
          position, kind, id, tenant, type, run, actor, node, reason, detail, happenedAt);
    }
  }

  void add(
      BatchRows batch,
      EventKind kind,
      @Nullable String actor,
      @Nullable String node,
      @Nullable String reason,
      @Nullable String detail,
      Instant now) {
    fresh.put(++lastId, new EventRow(batch, kind, actor, node, reason, detail, now));
  }

  /** Of a schedule or a template. */
  void add(NameInTenant of, EventKind kind, Actor by, @Nullable String reason, Instant now) {
    fresh.put(++lastId, new EventRow(of, kind, by, reason, now));
  }

  /** Gives the oldest events without a position theirs. */
  void number(int most) {
    for (int left = most; left > 0 && !fresh.isEmpty(); left--) {
      byPosition.put(++lastPosition, fresh.pollFirstEntry().getValue());
    }
  }

  /** Whether the oldest event without a position is older than this. */
  boolean hasFreshBefore(Instant time) {
    return !fresh.isEmpty() && fresh.firstEntry().getValue().happenedAt.isBefore(time);
  }

  long lastPosition() {
    return lastPosition;
  }

  /** The position of the first event that is kept, or is still to come. */
  long firstPosition() {
    return byPosition.isEmpty() ? lastPosition + 1 : byPosition.firstKey();
  }

  /** All events in order, those without a position last. */
  List<EventRow> all() {
    return Stream.concat(byPosition.values().stream(), fresh.values().stream()).toList();
  }
}
