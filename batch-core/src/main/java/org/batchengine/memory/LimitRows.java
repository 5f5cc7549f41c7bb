package org.batchengine.memory;

import java.time.Instant;
import java.util.Comparator;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.store.LimitName;
import org.batchengine.store.rules.Asking.Permit;
import org.batchengine.store.rules.Asking.Trial;
import org.jspecify.annotations.Nullable;

/** Limits, and the parts of sessions in them. */
final class LimitRows {
  long revision;

  final NavigableMap<LimitName, LimitRow> byName =
      new TreeMap<>(Comparator.comparing(LimitName::scope).thenComparing(LimitName::name));

  /** A row of the table limit. */
  static final class LimitRow {
    final LimitName name;
    Limit limit = Limit.none();
    @Nullable Limit declared;
    boolean isSet;
    long revision;
    @Nullable Instant heldUntil;
    @Nullable String heldReason;
    @Nullable Instant nextAt;
    Trial trial = Trial.NONE;

    /** The parts of sessions, by session. */
    final NavigableMap<Long, Permit> permits = new TreeMap<>();

    LimitRow(LimitName name) {
      this.name = name;
    }

    boolean isHeld(Instant now) {
      return heldUntil != null && heldUntil.isAfter(now);
    }
  }

  LimitRow row(LimitName name) {
    return byName.computeIfAbsent(name, LimitRow::new);
  }

  /** That of a tenant is made when it is first asked for, if there is one of each tenant. */
  @Nullable LimitRow asked(LimitName name) {
    LimitRow row = byName.get(name);
    LimitRow each = byName.get(LimitName.EACH_TENANT);
    if (row == null && each != null && name.scope() == LimitScope.TENANT) {
      row = row(name);
      row.limit = each.limit;
      row.revision = ++revision;
    }
    return row;
  }

  /** Takes away what sessions have that are not there. */
  void keepOnly(Set<Long> sessions) {
    byName.values().forEach(row -> row.permits.keySet().retainAll(sessions));
  }

  /** Takes away what was given out of the limits of batches that have ended. */
  void forgetBatchesBut(Set<Long> live) {
    byName
        .keySet()
        .removeIf(
            name -> name.scope() == LimitScope.BATCH && !live.contains(Long.valueOf(name.name())));
  }

  /** What a tenant is limited to. */
  Limit ofTenant(String tenant) {
    LimitRow own = byName.get(LimitName.ofTenant(tenant));
    LimitRow each = byName.get(LimitName.EACH_TENANT);
    LimitRow row = own == null ? each : own;
    return row == null ? Limit.none() : row.limit;
  }

  /** What a limit is if nobody sets it. */
  Limit unset(LimitRow row) {
    if (row.declared != null) {
      return row.declared;
    }
    LimitRow each = byName.get(LimitName.EACH_TENANT);
    boolean isTenant = row.name.scope() == LimitName.EACH_TENANT.scope();
    return isTenant && each != null && each != row ? each.limit : Limit.none();
  }
}
