package org.batchengine.web;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.batchengine.BatchListener;
import org.batchengine.model.BatchEvent;

/**
 * Makes clients hear at once, not within a second, what this process does. Give it to the engine's
 * builder as a listener, and to the servlet.
 *
 * <pre>{@code
 * EventSignal signal = new EventSignal();
 * BatchEngine engine = BatchEngine.builder(store).listener(signal).start();
 * BatchServlet.of(engine).signal(signal);
 * }</pre>
 *
 * <p>Without it they hear the same. Thread-safe.
 */
public final class EventSignal implements BatchListener {
  private final List<Runnable> woken = new CopyOnWriteArrayList<>();

  /** Wakes nobody yet. */
  public EventSignal() {
    // nothing to do
  }

  @Override
  public void on(BatchEvent event) {
    if (!(event instanceof BatchEvent.Progressed || event instanceof BatchEvent.ItemFailed)) {
      woken.forEach(Runnable::run); // what is in the feed
    }
  }

  void wakes(Runnable reader) {
    woken.add(reader);
  }
}
