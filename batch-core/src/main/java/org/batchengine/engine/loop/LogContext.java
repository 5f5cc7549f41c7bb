package org.batchengine.engine.loop;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;

/**
 * Puts batch, tenant and item into the MDC while host code runs on this thread. Closing restores
 * the MDC as it was, whatever host code did to it. Costs nothing where the log has no MDC.
 */
public final class LogContext implements AutoCloseable {
  static final String BATCH = "batch";
  static final String TENANT = "tenant";
  static final String ITEM = "item";

  private static final LogContext NONE = new LogContext(false, null);

  private final boolean isThere;
  private final @Nullable Map<String, String> before;

  private LogContext(boolean isThere, @Nullable Map<String, String> before) {
    this.isThere = isThere;
    this.before = before;
  }

  /** For host code that works on one item. */
  public static LogContext of(String batch, String tenant, int item) {
    if (!isThere()) {
      return NONE;
    }
    LogContext context = of(batch, tenant);
    MDC.put(ITEM, Integer.toString(item));
    return context;
  }

  /** For host code that works on several items of a batch. */
  public static LogContext of(String batch, String tenant) {
    if (!isThere()) {
      return NONE;
    }
    LogContext context = of(batch);
    MDC.put(TENANT, tenant);
    return context;
  }

  /** For a listener. */
  public static LogContext of(String batch) {
    if (!isThere()) {
      return NONE;
    }
    LogContext context = new LogContext(true, MDC.getCopyOfContextMap());
    MDC.put(BATCH, batch);
    return context;
  }

  private static boolean isThere() {
    MDCAdapter adapter = MDC.getMDCAdapter();
    return adapter != null && !(adapter instanceof NOPMDCAdapter);
  }

  @Override
  public void close() {
    if (!isThere) {
      return;
    }
    if (before == null || before.isEmpty()) {
      MDC.clear();
    } else {
      MDC.setContextMap(before);
    }
  }
}
