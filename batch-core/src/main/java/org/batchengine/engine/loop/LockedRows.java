package org.batchengine.engine.loop;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.batchengine.model.RowsLockedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows that others have locked while this engine needs them, as far as it has seen: for an
 * operator, who finds out who holds them. A row counts until it is {@linkplain #free}, or was not
 * met again for a while. Thread-safe.
 */
public final class LockedRows {
  private static final Logger log = LoggerFactory.getLogger(LockedRows.class);

  /** Longer than the longest interval between two tries, which is that of a sweep. */
  private static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(12);

  /** Most locks are let go within this. */
  private static final long USUAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int MOST_ROWS = 100;

  private final LongSupplier nanos;
  private final Map<String, Seen> rows = new LinkedHashMap<>();

  private static final class Seen {
    final long first;
    long last;
    boolean isLogged;

    Seen(long now) {
      first = now;
      last = now;
    }
  }

  /** None has been seen. */
  public LockedRows(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** The row is locked. */
  public synchronized void met(Object row) {
    long now = nanos.getAsLong();
    forgetOld(now);
    String text = row.toString();
    if (rows.size() >= MOST_ROWS && !rows.containsKey(text)) {
      return;
    }
    Seen seen = rows.computeIfAbsent(text, absent -> new Seen(now));
    seen.last = now;
    if (!seen.isLogged && now - seen.first >= USUAL_NANOS) {
      seen.isLogged = true;
      log.warn(
          "others have locked a row for {} s: {}; what needs it waits, everything else goes on",
          Duration.ofNanos(now - seen.first).toSeconds(),
          text);
    }
  }

  /** The row, or one like it, is locked, if that is why something has failed. */
  public void metBy(Throwable failure, Object row) {
    if (failure instanceof RowsLockedException) {
      met(row);
    }
  }

  /** The row is not locked any more. */
  public synchronized void free(Object row) {
    if (!rows.isEmpty()) {
      rows.remove(row.toString());
    }
  }

  /** {@return where they are, those first that were met first} */
  public synchronized List<String> now() {
    forgetOld(nanos.getAsLong());
    return List.copyOf(rows.keySet());
  }

  private void forgetOld(long now) {
    rows.values().removeIf(seen -> now - seen.last >= KEPT_NANOS);
  }
}
