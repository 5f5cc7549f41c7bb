package org.batchengine.examples.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one JVM does.
 *
 * @param urls a fresh database for each round of {@link Part#WHOLE}; all other parts use the first
 * @param part what it does in a workload that takes several JVMs
 * @param waitMillis how long an item waits
 * @param concurrency items at a time; 0: as the contestant sees fit
 * @param countsStatements whether the database counts statements
 * @param journal where to note which items start and finish
 * @param alarmAfter how many items finish before it says so
 */
record Trial(
    String contestant,
    List<String> urls,
    Part part,
    int items,
    int waitMillis,
    int concurrency,
    boolean countsStatements,
    @Nullable String journal,
    int alarmAfter) {

  /** What one JVM does. */
  enum Part {
    /** Submits and drains, and measures both. */
    WHOLE,
    /** The same; for each item a row is inserted in a table of the user's. */
    WRITES,
    /** Submits and drains, and is killed meanwhile. */
    UP_TO_A_KILL,
    /** Drains what a killed JVM left. */
    AFTER_A_KILL,
    /** Submits and leaves. */
    SUBMIT,
    /** Drains when it is told to. */
    JOIN,
    /** Submits batches of ten items, one by one, while they are processed. */
    SMALL_BATCHES,
    /** Reads pages while a batch is processed. */
    READS,
    /** Submits a batch and awaits it, again and again. */
    LATENCY,
    /** Does nothing for a minute. */
    IDLE
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
    return new Trial(
        contestant,
        urls,
        other,
        items,
        waitMillis,
        concurrency,
        countsStatements,
        journal,
        alarmAfter);
  }

  /** With a journal in that file, which tells when so many items have finished. */
  Trial journal(String file, int finished) {
    return new Trial(
        contestant, urls, part, items, waitMillis, concurrency, countsStatements, file, finished);
  }
}
