package org.batchengine;

import java.util.List;
import java.util.function.Consumer;
import org.batchengine.engine.loop.Failures;
import org.batchengine.engine.loop.Lane;
import org.batchengine.engine.loop.Lanes;
import org.batchengine.engine.loop.LogContext;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.ItemError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the host's listeners, each in a lane of its own. Exceptions of a listener are logged, not
 * passed on.
 */
final class Listeners implements Consumer<BatchEvent>, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Listeners.class);

  /** About what an event takes, without texts of items. */
  private static final int BYTES = 1_000;

  private final Lanes lanes;
  private final List<Listening> all;

  private record Listening(BatchListener listener, Lane lane) {}

  Listeners(List<BatchListener> listeners, Lanes lanes) {
    this.lanes = lanes;
    all =
        listeners.stream()
            .map(each -> new Listening(each, lanes.ordered("listener " + nameOf(each))))
            .toList();
  }

  private static String nameOf(BatchListener listener) {
    return listener.getClass().getName();
  }

  @Override
  public void accept(BatchEvent event) {
    long bytes = bytes(event);
    for (Listening each : all) {
      each.lane.add(() -> tell(each.listener, event), bytes);
    }
  }

  /** Calls them no more. */
  @Override
  public void close() {
    all.forEach(each -> lanes.remove(each.lane));
  }

  private static long bytes(BatchEvent event) {
    if (event instanceof BatchEvent.ItemFailed failed) {
      String input = failed.item().input();
      long error = failed.item().error().map(Listeners::bytes).orElse(0L);
      return BYTES + (input == null ? 0 : input.length()) + error;
    }
    return BYTES;
  }

  private static long bytes(ItemError error) {
    return error.message().length() + (long) error.stack().length();
  }

  private static void tell(BatchListener listener, BatchEvent event) {
    try (LogContext context = LogContext.of(event.batchId().toString())) {
      listener.on(event);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Throwable e) {
      if (Failures.isFatal(e)) {
        throw (VirtualMachineError) e;
      }
      log.warn("listener {} failed", nameOf(listener), e);
    }
  }
}
