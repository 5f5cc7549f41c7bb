package org.batchengine.feed;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Events in order, and where to go on.
 *
 * @param events unmodifiable; empty if nothing has happened since
 * @param from the position after which it was read
 * @param position the position to read from next; a tenant's view also moves it past the events of
 *     others
 * @param isTruncated whether events after {@code from} are gone, because they were older than the
 *     engine keeps events: the reader has missed them
 */
public record FeedPage(List<FeedEvent> events, long from, long position, boolean isTruncated) {

  /** Copies the events. */
  public FeedPage {
    events = List.copyOf(events);
  }

  /** {@return whether it has no events} */
  public boolean isEmpty() {
    return events.isEmpty();
  }

  /**
   * Returns everything as a map that any JSON library can print: {@code events}, a list of
   * {@linkplain FeedEvent#toMap() maps}; {@code from}, {@code position}, {@code truncated}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("events", events.stream().map(FeedEvent::toMap).toList());
    map.put("from", from);
    map.put("position", position);
    map.put("truncated", isTruncated);
    return Collections.unmodifiableMap(map);
  }
}
