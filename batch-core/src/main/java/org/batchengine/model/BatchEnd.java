package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The end of a run of a batch: the input of job types that tell others of it, such as with a {@link
 * org.batchengine.WebhookProcessor}. A batch that was reopened ends once more, with the next run.
 *
 * @param batch the batch that has ended
 * @param run the number of the run that has ended, from 1
 * @param state how it has ended
 */
public record BatchEnd(BatchId batch, int run, BatchState state) {
  private static final Pattern TEXT = Pattern.compile("(\\S+) ([1-9]\\d{0,9}) ([A-Z]+)");

  /** Rejects null, a run below 1, and a state in which no batch has ended. */
  public BatchEnd {
    requireNonNull(batch, "batch");
    if (run < 1) {
      throw new IllegalArgumentException("run " + run + " is out of range: at least 1");
    }
    if (!requireNonNull(state, "state").isTerminal()) {
      throw new IllegalArgumentException(
          "state " + state + " is no end: use COMPLETED, FAILED or CANCELLED");
    }
  }

  /** {@return the end of the batch's current run} */
  public static BatchEnd of(BatchJob ended) {
    return new BatchEnd(ended.id(), ended.run(), ended.state());
  }

  /**
   * Reads the text of {@link #toString}.
   *
   * @throws IllegalArgumentException if it is another text
   */
  public static BatchEnd parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          StoredText.quoted(text) + " is no end of a batch: use \"<id> <run> <state>\"");
    }
    return new BatchEnd(
        BatchId.of(parts.group(1)),
        Integer.parseInt(parts.group(2)),
        BatchState.valueOf(parts.group(3)));
  }

  /**
   * Returns everything as a flat map that any JSON library can print. The keys are part of the API,
   * and are those of {@link BatchJob#toMap()}: {@code batch_id}, {@code run}, {@code state}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap()
        .put("batch_id", batch.toString())
        .put("run", run)
        .put("state", state)
        .toMap();
  }

  /** {@return {@code "<id> <run> <state>"}, which {@link #parse} reads} */
  @Override
  public String toString() {
    return batch + " " + run + " " + state;
  }
}
