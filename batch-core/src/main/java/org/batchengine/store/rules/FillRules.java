package org.batchengine.store.rules;

import java.util.List;
import org.batchengine.model.BatchId;
import org.batchengine.model.InvalidRequestException;
import org.batchengine.model.Violation;
import org.batchengine.store.Fill;
import org.batchengine.store.NewBatch;

/** What a batch that is made of another one must be like, and why it is given up. */
public final class FillRules {
  private FillRules() {}

  /**
   * Checks that the new batch can read what it is made of.
   *
   * @param inputFormat of the batch that it is made of
   * @param outputFormat of that batch
   * @throws InvalidRequestException if it cannot
   */
  public static void requireFormat(
      NewBatch batch, Fill fill, String inputFormat, String outputFormat) {
    boolean isInput = fill.part() == Fill.Part.INPUT;
    String format = isInput ? inputFormat : outputFormat;
    if (!format.equals(batch.inputFormat())) {
      throw new InvalidRequestException(
          List.of(
              new Violation(
                  isInput ? "ofInputs" : "ofOutputs",
                  "of batch %s has the format %s, but inputs of %s have the format %s"
                      .formatted(fill.from(), format, batch.type(), batch.inputFormat()),
                  "format")));
    }
  }

  /** {@return why a batch is given up whose items are gone} */
  public static String gone(BatchId from) {
    return "it was to be made of batch "
        + from
        + ", which was deleted before its items were copied";
  }

  /** {@return why a batch is given up whose items have no payloads} */
  public static String purged(BatchId from) {
    return "it was to be made of batch " + from + ", whose payloads were purged";
  }

  /** {@return why a batch is given up in which an item is too large} */
  public static String tooLarge(BatchId from, int index, int maxPayload) {
    return "item %d, copied from batch %s, is over the limit of %d bytes (maxPayload)"
        .formatted(index, from, maxPayload);
  }
}
