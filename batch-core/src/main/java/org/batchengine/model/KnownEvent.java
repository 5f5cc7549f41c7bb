package org.batchengine.model;

import java.time.Instant;
import java.util.Map;

/**
 * The only permitted subtype of {@link BatchEvent}. Code outside cannot name it, so every switch
 * over events needs a default.
 */
non-sealed interface KnownEvent extends BatchEvent {

  static Map<String, Object> map(String event, Instant at, BatchJob job) {
    return new FlatMap().put("event", event).put("at", at).putAll(job.toMap()).toMap();
  }
}
