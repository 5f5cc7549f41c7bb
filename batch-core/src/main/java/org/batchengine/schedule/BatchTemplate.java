package org.batchengine.schedule;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A template of batches, as it is stored.
 *
 * @param name its name, unique in its tenant
 * @param tenant the tenant of its batches
 * @param type the job type of its batches
 * @param batchName the name that its batches have
 * @param description the description that its batches have
 * @param submittedBy the user for whom its batches are submitted
 * @param priority the priority of its batches, 0 to 9
 * @param metadata the metadata of its batches, as the text of a JSON object
 * @param items the number of items that it has
 * @param changedAt when it was last stored
 */
public record BatchTemplate(
    String name,
    String tenant,
    String type,
    Optional<String> batchName,
    Optional<String> description,
    Optional<String> submittedBy,
    int priority,
    String metadata,
    int items,
    Instant changedAt) {

  /** Rejects null. */
  public BatchTemplate {
    requireNonNull(name, "name");
    requireNonNull(tenant, "tenant");
    requireNonNull(type, "type");
    requireNonNull(batchName, "batchName");
    requireNonNull(description, "description");
    requireNonNull(submittedBy, "submittedBy");
    requireNonNull(metadata, "metadata");
    requireNonNull(changedAt, "changedAt");
  }

  /**
   * Returns everything as a flat map that any JSON library can print: {@code template}, {@code
   * tenant}, {@code type}; {@code name}, {@code description} and {@code submitted_by} of its
   * batches, if they are set; {@code priority}, {@code metadata} as JSON text, {@code items}, and
   * {@code changed_at} as ISO-8601 text.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("template", name);
    map.put("tenant", tenant);
    map.put("type", type);
    batchName.ifPresent(text -> map.put("name", text));
    description.ifPresent(text -> map.put("description", text));
    submittedBy.ifPresent(text -> map.put("submitted_by", text));
    map.put("priority", priority);
    map.put("metadata", metadata);
    map.put("items", items);
    map.put("changed_at", changedAt.toString());
    return Collections.unmodifiableMap(map);
  }
}
