package org.batchengine.memory;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.batchengine.feed.EventKind;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.limit.LimitState;
import org.batchengine.memory.LimitRows.LimitRow;
import org.batchengine.model.BatchState;
import org.batchengine.store.Actor;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.LimitStore;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.StoredLimit;
import org.batchengine.store.rules.Asking;
import org.batchengine.store.rules.Asking.Permit;
import org.batchengine.store.rules.Explanation.Bound;
import org.batchengine.store.rules.StateRules;
import org.jspecify.annotations.Nullable;

/** Keeps limits. */
final class MemoryLimits implements LimitStore {
  private final MemoryTransactions transactions;

  MemoryLimits(MemoryTransactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public long revision() {
    return transactions.inTransaction(tables -> tables.limits.revision);
  }

  @Override
  public List<StoredLimit> changedSince(long revision) {
    return transactions.inTransaction(
        tables ->
            tables.limits.byName.values().stream()
                .filter(row -> row.revision > revision && row.name.scope() != LimitScope.BATCH)
                .sorted(Comparator.comparingLong(row -> row.revision))
                .map(row -> stored(row, tables.now()))
                .toList());
  }

  /** The limits of a batch, its job type and its tenant, as far as there are any. */
  static List<Bound> of(Tables tables, BatchRows batch) {
    LimitRow ofTenant = tables.limits.byName.get(LimitName.ofTenant(batch.submitted.tenant()));
    return Stream.of(
            tables.limits.byName.get(LimitName.ofType(batch.submitted.type())),
            ofTenant != null ? ofTenant : tables.limits.byName.get(LimitName.EACH_TENANT),
            ofBatch(tables, LimitName.ofBatch(batch.number)))
        .filter(Objects::nonNull)
        .map(row -> bound(row, tables.now()))
        .toList();
  }

  private static Bound bound(LimitRow row, Instant now) {
    Instant heldUntil = row.isHeld(now) ? row.heldUntil : null;
    return new Bound(stored(row, now), heldUntil, row.heldReason, !row.trial.isClosed());
  }

  private static StoredLimit stored(LimitRow row, Instant now) {
    Duration heldFor =
        row.heldUntil == null || !row.isHeld(now)
            ? Duration.ZERO
            : Duration.between(now, row.heldUntil);
    return new StoredLimit(row.name, row.limit, heldFor, row.revision);
  }

  @Override
  public void declare(String type, Limit limit) {
    transactions.useTransaction(
        tables -> {
          LimitName name = LimitName.ofType(type);
          LimitRow known = tables.limits.byName.get(name);
          Limit before = known == null || known.declared == null ? Limit.none() : known.declared;
          if (limit.equals(before)) {
            return;
          }
          LimitRow row = tables.limits.row(name);
          row.declared = limit;
          if (!row.isSet) {
            row.limit = limit;
          }
          row.revision = ++tables.limits.revision;
        });
  }

  @Override
  public void set(LimitName name, @Nullable Limit limit, Actor by, String reason) {
    transactions.useTransaction(
        tables -> {
          LimitRow row = tables.limits.row(name);
          row.isSet = limit != null;
          row.limit = limit == null ? tables.limits.unset(row) : limit;
          row.revision = ++tables.limits.revision;
          if (name.equals(LimitName.EACH_TENANT)) {
            setOthers(tables.limits, row);
          }
          tell(
              tables,
              name,
              limit == null ? EventKind.LIMIT_RESET : EventKind.LIMIT_SET,
              by,
              reason);
        });
  }

  private static void setOthers(LimitRows limits, LimitRow each) {
    for (LimitRow other : limits.byName.values()) {
      if (other.name.scope() == LimitScope.TENANT && !other.isSet && other != each) {
        other.limit = each.limit;
        other.revision = each.revision;
      }
    }
  }

  private static void tell(Tables tables, LimitName name, EventKind kind, Actor by, String reason) {
    String tenant = name.scope() == LimitScope.TENANT ? name.name() : "";
    tables.events.add(new NameInTenant(tenant, name.name()), kind, by, reason, tables.now());
  }

  @Override
  public void hold(String type, Duration time, @Nullable Actor by, String reason) {
    transactions.useTransaction(
        tables -> {
          LimitName name = LimitName.ofType(type);
          LimitRow row = tables.limits.row(name);
          Instant until = tables.now().plus(time);
          row.heldUntil =
              row.heldUntil == null || row.heldUntil.isBefore(until) ? until : row.heldUntil;
          row.heldReason = reason;
          row.revision = ++tables.limits.revision;
          if (by != null) {
            tell(tables, name, EventKind.TYPE_HELD, by, reason);
          }
        });
  }

  @Override
  public boolean release(String type, Actor by, String reason) {
    return transactions.inTransaction(
        tables -> {
          LimitRow row = tables.limits.row(LimitName.ofType(type));
          boolean wasHeld = row.isHeld(tables.now()) || !row.trial.isClosed();
          if (wasHeld) {
            row.trial = row.trial.closed();
            row.heldUntil = null;
            row.heldReason = null;
            row.revision = ++tables.limits.revision;
            tell(tables, row.name, EventKind.TYPE_RELEASED, by, reason);
          }
          return wasHeld;
        });
  }

  @Override
  public LimitAnswer ask(LimitAsk ask) {
    return transactions.inTransaction(
        tables -> {
          SessionRow session = tables.session(ask.session());
          LimitRow row =
              ask.name().scope() == LimitScope.BATCH
                  ? ofBatch(tables, ask.name())
                  : tables.limits.asked(ask.name());
          if (row == null) {
            return Asking.unlimited();
          }
          Asking.Row of = rowOf(tables, row);
          Asking.Decision decision = Asking.decide(of, row.permits.values(), ask, tables.now());
          row.nextAt = decision.row().nextAt();
          row.heldUntil = decision.row().heldUntil();
          row.trial = decision.row().trial();
          row.permits.put(ask.session(), decision.permit());
          if (decision.event() != null) {
            tell(tables, row, session.host, decision.event());
          }
          return decision.answer();
        });
  }

  private static Asking.Row rowOf(Tables tables, LimitRow row) {
    Asking.Row of = new Asking.Row(row.limit, row.nextAt, row.heldUntil, row.trial, row.revision);
    if (row.name.scope() != LimitScope.BATCH) {
      return of;
    }
    BatchRows batch = tables.live.get(Long.valueOf(row.name.name()));
    boolean isPaused = batch != null && batch.state == BatchState.PAUSED;
    return of.ofBatch(row.limit, isPaused, tables.now());
  }

  private static void tell(Tables tables, LimitRow row, String node, Asking.Event event) {
    if (row.name.scope() == LimitScope.BATCH) {
      BatchRows batch = requireNonNull(tables.live.get(Long.valueOf(row.name.name())));
      tellBatch(batch, tables, node, event);
      return;
    }
    if (!row.trial.isClosed()) {
      row.heldReason = event.reason();
    }
    tell(tables, row.name, event.kind(), new Actor(null, node), event.reason());
  }

  private static void tellBatch(BatchRows batch, Tables tables, String node, Asking.Event event) {
    if (event.kind() == EventKind.BREAKER_CLOSED) {
      batch.tell(event.kind(), node, event.reason(), tables.now());
    } else if (StateRules.mayRun(batch.state)) {
      batch.reason = Asking.BREAKER;
      tables.change(batch, BatchState.PAUSED);
      batch.tell(EventKind.PAUSED, node, event.reason(), tables.now());
    }
  }

  /** What is set is a setting of the batch; null if it has ended, or has no limit. */
  private static @Nullable LimitRow ofBatch(Tables tables, LimitName name) {
    BatchRows batch = tables.live.get(Long.valueOf(name.name()));
    Limit limit = batch == null ? null : batch.settings.limit();
    if (limit == null) {
      return null;
    }
    LimitRow row = tables.limits.row(name);
    row.limit = limit;
    return row;
  }

  @Override
  public List<LimitState> all() {
    return transactions.inTransaction(
        tables -> {
          List<LimitState> all = new ArrayList<>();
          tables.limits.byName.values().stream()
              .filter(row -> row.name.scope() != LimitScope.BATCH)
              .filter(row -> isSomething(row, tables.now()))
              .forEach(row -> all.add(state(row, row.name.name(), tables.now())));
          tables.live.values().stream()
              .filter(batch -> batch.settings.limit() != null)
              .sorted(Comparator.comparing(batch -> batch.submitted.id().toString()))
              .forEach(batch -> all.add(stateOf(tables, batch)));
          return List.copyOf(all);
        });
  }

  private static LimitState stateOf(Tables tables, BatchRows batch) {
    LimitRow row = requireNonNull(ofBatch(tables, LimitName.ofBatch(batch.number)));
    row.isSet = true;
    return state(row, batch.submitted.id().toString(), tables.now());
  }

  private static boolean isSomething(LimitRow row, Instant now) {
    return !row.limit.equals(Limit.none()) || row.isSet || row.declared != null || row.isHeld(now);
  }

  private static LimitState state(LimitRow row, String name, Instant now) {
    boolean isHeld = row.isHeld(now);
    List<Permit> permits =
        row.permits.values().stream()
            .filter(permit -> permit.askedAt().isAfter(now.minus(Asking.LATELY)))
            .toList();
    int running = permits.stream().mapToInt(Permit::slots).sum();
    int wanted = permits.stream().mapToInt(Permit::wanted).sum();
    return new LimitState(
        row.name.scope(),
        name,
        row.limit,
        Optional.ofNullable(row.declared).filter(limit -> !limit.equals(Limit.none())),
        row.isSet,
        isHeld ? Optional.ofNullable(row.heldUntil) : Optional.empty(),
        isHeld ? Optional.ofNullable(row.heldReason) : Optional.empty(),
        running,
        Math.max(0, wanted - running));
  }
}
