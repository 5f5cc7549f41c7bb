package org.batchengine.engine.loop;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.batchengine.model.BatchEvent;
import org.jspecify.annotations.Nullable;

/** Tells the host's listeners what happens in this engine. */
public final class Events {
  private final @Nullable Consumer<BatchEvent> listener;

  /**
   * Events for a listener, which must neither throw nor wait.
   *
   * @param listener null if nobody listens
   */
  public Events(@Nullable Consumer<BatchEvent> listener) {
    this.listener = listener;
  }

  /** Whether anybody listens; if not, there is no need to look up an event's details. */
  public boolean areHeard() {
    return listener != null;
  }

  /** Fires an event, which is made only if somebody listens. */
  public void fire(Supplier<? extends BatchEvent> event) {
    if (listener != null) {
      listener.accept(event.get());
      EngineThread.dropInterrupt();
    }
  }
}
