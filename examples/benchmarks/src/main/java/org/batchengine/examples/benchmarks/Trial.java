package org.batchengine.examples.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.jspecify.annotations.Nullable;

/**
 * What one JVM is to do.
 *
 * @param part what it does of a workload that takes several JVMs
 * @param waitMillis how long an item waits
 * @param concurrency items at a time; 0: as the contestant sees fit
 * @param journal where to note which items start and finish
 */
record Trial(
    String contestant,
    String url,
    Part part,
    int items,
    int waitMillis,
    int concurrency,
    @Nullable String journal) {

  /** What one JVM does. */
  enum Part {
    /** Submits and drains, and measures both. */
    WHOLE,
    /** Submits and drains, and says when half is done. */
    UP_TO_A_KILL,
    /** Drains what a killed one has left. */
    AFTER_A_KILL,
    /** Submits and leaves. */
    SUBMIT,
    /** Drains when it is told to. */
    JOIN,
    /** Submits batches of ten items, one by one, while they are worked on. */
    SMALL_BATCHES,
    /** Reads pages while a batch is worked on. */
    READS;

    boolean isKilled() {
      return this == UP_TO_A_KILL || this == AFTER_A_KILL;
    }
  }

  String toJson() {
    try {
      return new ObjectMapper().writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static Trial of(String json) throws JsonProcessingException {
    return new ObjectMapper().readValue(json, Trial.class);
  }

  Trial with(Part other) {
    return new Trial(contestant, url, other, items, waitMillis, concurrency, journal);
  }

  Trial journal(String file) {
    return new Trial(contestant, url, part, items, waitMillis, concurrency, file);
  }
}
