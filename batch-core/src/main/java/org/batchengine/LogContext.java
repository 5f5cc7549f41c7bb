package org.batchengine;

import java.util.Map;
import org.batchengine.model.BatchId;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;

/**
 * Names batch, tenant and item in the MDC while host code runs on this thread. On close the MDC is
 * what it was before, whatever host code has made of it. Costs nothing where the log has no MDC.
 */
final class LogContext implements AutoCloseable {
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

  /** Round code that is given one item. */
  static LogContext of(WorkItem item) {
    if (!isThere()) {
      return NONE;
    }
    LogContext context = of(item.batch());
    MDC.put(ITEM, Integer.toString(item.index()));
    return context;
  }

  /** Round code that is given several items. */
  static LogContext of(LiveBatch batch) {
    if (!isThere()) {
      return NONE;
    }
    LogContext context = new LogContext(true, MDC.getCopyOfContextMap());
    MDC.put(BATCH, batch.name());
    MDC.put(TENANT, batch.header().tenant());
    return context;
  }

  /** Round a listener. */
  static LogContext of(BatchId batch) {
    if (!isThere()) {
      return NONE;
    }
    LogContext context = new LogContext(true, MDC.getCopyOfContextMap());
    MDC.put(BATCH, batch.toString());
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
