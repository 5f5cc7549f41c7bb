package org.batchengine.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.batchengine.model.BatchId;
import org.batchengine.model.Violation;
import org.jspecify.annotations.Nullable;

/**
 * What a client wants to hear.
 *
 * @param batches null: all of its tenant
 * @param since the position it has heard up to; null: what is still to come
 * @param items whether it hears of items that fail
 */
record Interest(@Nullable Set<BatchId> batches, @Nullable Long since, boolean items) {
  static final int MOST_BATCHES = 100;

  private static final Field ID =
      Field.parsed(
          "", Map.of("type", "string", "format", "uuid"), value -> BatchId.of(value.asText()));

  private static final Field BATCHES = Field.list("batches", ID).between(1, MOST_BATCHES);
  private static final Field SINCE = Field.whole("since").between(0, Long.MAX_VALUE);
  private static final Field ITEMS = Field.flag("items");
  private static final Field SUBSCRIBE =
      Field.object("", Field.choice("type", "subscribe").required(), BATCHES, SINCE, ITEMS);

  /** The fields of a query that says so. */
  static Field[] query() {
    return new Field[] {
      BATCHES.description("The only ones to hear of; all if there is none."),
      SINCE.description("Go on after this cursor; the header Last-Event-ID counts first."),
      ITEMS.description("Whether to hear of items that fail.")
    };
  }

  /**
   * Reads a message of a client.
   *
   * @throws Problem if it says anything else
   */
  static Interest parse(String text) {
    JsonNode json;
    try {
      json = Exchange.JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw Problem.notJson("the message is no JSON");
    }
    if (json instanceof ObjectNode object) {
      if (object.path("batches").asText().equals("all")) {
        object.remove("batches");
      }
      if (object.path("since").isTextual()) {
        object.set("since", SINCE.parse(object.get("since").textValue()));
      }
    }
    List<Violation> violations = new ArrayList<>();
    Object read = SUBSCRIBE.read(json, "", violations);
    Exchange.refuse(violations);
    return of((Values) Optional.ofNullable(read).orElse(Values.none()), null);
  }

  /**
   * What a query asks for.
   *
   * @param lastEventId what the client says it has heard last, if it says so
   * @throws Problem if that is no such id
   */
  static Interest of(Values given, @Nullable String lastEventId) {
    List<BatchId> batches = given.list("batches", BatchId.class);
    Long since = given.has("since") ? given.whole("since") : null;
    return new Interest(
        batches.isEmpty() ? null : Set.copyOf(batches),
        lastEventId == null ? since : position(lastEventId),
        given.flag("items"));
  }

  private static Long position(String lastEventId) {
    try {
      return Long.parseUnsignedLong(lastEventId) & Long.MAX_VALUE;
    } catch (NumberFormatException e) {
      throw Problem.invalid("Last-Event-ID", "must be a cursor of events", "invalid_value");
    }
  }

  boolean includes(BatchId batch) {
    return batches == null || batches.contains(batch);
  }
}
