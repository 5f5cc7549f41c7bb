package org.batchengine;

import java.util.List;
import java.util.function.Consumer;
import org.batchengine.engine.loop.Failures;
import org.batchengine.engine.loop.LogContext;
import org.batchengine.model.BatchEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the host's listeners, one after another. Exceptions of a listener are logged, not passed
 * on.
 */
final class Listeners implements Consumer<BatchEvent> {
  private static final Logger log = LoggerFactory.getLogger(Listeners.class);

  private final List<BatchListener> all;

  Listeners(List<BatchListener> all) {
    this.all = all;
  }

  @Override
  public void accept(BatchEvent event) {
    for (BatchListener listener : all) {
      tell(listener, event);
    }
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
      log.warn("listener {} failed", listener.getClass().getName(), e);
    }
  }
}
