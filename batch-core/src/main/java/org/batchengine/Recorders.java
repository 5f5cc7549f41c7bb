package org.batchengine;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.batchengine.EngineMetrics.Recorder;
import org.batchengine.model.ItemState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the recorders of this engine; one that throws harms nobody, and is logged once. */
final class Recorders {
  private static final Logger log = LoggerFactory.getLogger(Recorders.class);

  private final List<Recorder> recorders = new CopyOnWriteArrayList<>();
  private final AtomicBoolean complained = new AtomicBoolean();

  void add(Recorder recorder) {
    recorders.add(recorder);
  }

  boolean areNone() {
    return recorders.isEmpty();
  }

  /** The verdicts of one settlement. */
  void settled(List<ItemVerdict> verdicts, long nanos) {
    if (areNone()) {
      return;
    }
    for (Recorder recorder : recorders) {
      tell(recorder, each -> settled(each, verdicts, nanos));
    }
    EngineThread.dropInterrupt();
  }

  private static void settled(Recorder recorder, List<ItemVerdict> verdicts, long nanos) {
    int items = 0;
    for (ItemVerdict verdict : verdicts) {
      if (!verdict.isReturned()) {
        items++;
        String type = verdict.lease().batch().header().type();
        recorder.attempted(type, stateOf(verdict), verdict.nanos());
      }
    }
    if (items > 0) {
      recorder.settled(items, nanos);
    }
  }

  private static ItemState stateOf(ItemVerdict verdict) {
    return verdict.outcome() == null ? ItemState.RETRYING : verdict.outcome().state();
  }

  void claimed(int items, long nanos) {
    if (areNone()) {
      return;
    }
    for (Recorder recorder : recorders) {
      tell(recorder, each -> each.claimed(items, nanos));
    }
    EngineThread.dropInterrupt();
  }

  private void tell(Recorder recorder, Consumer<Recorder> what) {
    try {
      what.accept(recorder);
    } catch (Throwable e) {
      if (Failures.isFatal(e)) {
        throw e;
      }
      if (!complained.getAndSet(true)) {
        log.warn("recorder {} of metrics failed", recorder.getClass().getName(), e);
      }
    }
  }
}
