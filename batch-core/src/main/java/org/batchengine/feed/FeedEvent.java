package org.batchengine.feed;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.batchengine.model.BatchId;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a batch's history, as the feed and the audit show it. It is kept when the batch is
 * deleted.
 *
 * @param position its place among all events of the store, from 1, without gaps
 * @param kind what happened
 * @param batchId the batch it happened to, which may be gone; all zeros for an event of a schedule
 *     or a template
 * @param tenant the batch's tenant
 * @param type the batch's job type; the name of the schedule or the template
 * @param run the batch's run at that time, from 1
 * @param actor who did it: see {@code Batches.actingAs}; null if the engine did it by itself, or
 *     nobody was named
 * @param node the node that did it; null if that says nothing, as for the start and the end
 * @param reason why, if somebody said why
 * @param detail what was changed, from what to what; null if nothing was CHANGED
 * @param happenedAt when, by the store's clock
 */
public record FeedEvent(
    long position,
    EventKind kind,
    BatchId batchId,
    String tenant,
    String type,
    int run,
    @Nullable String actor,
    @Nullable String node,
    @Nullable String reason,
    @Nullable String detail,
    Instant happenedAt) {

  /**
   * Returns everything as a flat map that any JSON library can print: {@code position}, {@code
   * event}, {@code batch_id}, {@code tenant}, {@code type}, {@code run}; {@code actor}, {@code
   * node}, {@code reason} and {@code detail} if there is one; and {@code at}, ISO-8601 text in UTC.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("position", position);
    map.put("event", kind.name());
    map.put("batch_id", batchId.toString());
    map.put("tenant", tenant);
    map.put("type", type);
    map.put("run", run);
    put(map, "actor", actor);
    put(map, "node", node);
    put(map, "reason", reason);
    put(map, "detail", detail);
    map.put("at", happenedAt.toString());
    return Collections.unmodifiableMap(map);
  }

  private static void put(Map<String, Object> map, String key, @Nullable String value) {
    if (value != null) {
      map.put(key, value);
    }
  }
}
