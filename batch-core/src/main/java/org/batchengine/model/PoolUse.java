package org.batchengine.model;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Map;

/**
 * How a pool of connections is used at the moment.
 *
 * @param most how many connections it opens at most
 * @param active how many are in use
 * @param idle how many are open and not in use
 * @param waiting how many threads wait for one
 */
public record PoolUse(int most, int active, int idle, int waiting) {

  /**
   * {@return a flat map with the keys most, active, idle and waiting, which are part of the API}
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap()
        .put("most", most)
        .put("active", active)
        .put("idle", idle)
        .put("waiting", waiting)
        .toMap();
  }
}
