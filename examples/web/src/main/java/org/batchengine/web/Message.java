package org.batchengine.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.jspecify.annotations.Nullable;

/**
 * What clients are told.
 *
 * @param event its name
 * @param cursor where a client that has heard it goes on; null if it says nothing about that
 * @param json the whole message
 */
record Message(String event, @Nullable Long cursor, String json) {
  static final int HEARTBEAT_SECONDS = 20;

  /** Shows items without payloads. */
  private static final Shown SHOWN = new Shown(null);

  private static final Visitor ANYBODY = Visitor.named("anybody").may(Right.READ);

  /** The first one: the client hears everything after this position. */
  static Message hello(long cursor) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("cursor", Long.toString(cursor));
    map.put("heartbeatSeconds", HEARTBEAT_SECONDS);
    String version = Message.class.getPackage().getImplementationVersion();
    map.put("version", version == null ? "unknown" : version);
    return of("hello", cursor, map);
  }

  /** The client has missed something: it must read again, and go on from this position. */
  static Message resync(long cursor) {
    return of("resync", cursor, Map.of("cursor", Long.toString(cursor)));
  }

  /**
   * Something after a silence.
   *
   * @param cursor what the client has heard up to; null if it hears nothing yet
   */
  static Message ping(@Nullable Long cursor) {
    return of("ping", cursor, cursor == null ? Map.of() : Map.of("cursor", Long.toString(cursor)));
  }

  /**
   * Something that happened.
   *
   * @param job the batch as it is now; null if it is gone
   */
  static Message of(FeedEvent event, @Nullable BatchJob job) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("seq", Long.toString(event.position()));
    String of = of(event.kind());
    if (of.equals("batch")) {
      map.put("batchId", event.batchId().toString());
    } else {
      map.put("name", event.type());
    }
    if (job != null) {
      map.put("progress", Shown.percent(job));
      map.put("status", Names.of(job.state()));
    }
    map.put("run", event.run());
    map.put("at", event.happenedAt().toString());
    put(map, "actor", event.actor());
    put(map, "reason", event.reason());
    if (job != null) {
      map.put("batch", Shown.batch(job));
    }
    String kind = event.kind().name().toLowerCase(Locale.ROOT).replace(of + "_", "");
    String name = event.kind() == EventKind.SUBMITTED ? "created" : kind;
    return of(of + ":" + name, event.position(), map);
  }

  /** What such events are of: a batch, a schedule or a template. */
  private static String of(EventKind kind) {
    return Stream.of("schedule", "template")
        .filter(of -> kind.name().startsWith(of.toUpperCase(Locale.ROOT) + "_"))
        .findFirst()
        .orElse("batch");
  }

  /**
   * What to tell of something that happened: of an end, the progress first, for clients that hear
   * of nothing else.
   *
   * @param job the batch as it is now; null if it is gone
   */
  static List<Message> all(FeedEvent event, @Nullable BatchJob job) {
    Message happened = of(event, job);
    return job != null && event.kind().isEnd()
        ? List.of(progress(job), happened)
        : List.of(happened);
  }

  /** A batch as it is now. */
  static Message progress(BatchJob job) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("batchId", job.id().toString());
    map.put("progress", Shown.percent(job));
    map.put("status", Names.of(job.state()));
    map.put("total_items", job.counts().total());
    map.put("processed_items", job.counts().processed());
    map.put("failed_items", job.counts().failed());
    map.put("items_per_second", job.itemsPerSecond());
    job.eta().ifPresent(eta -> map.put("eta_seconds", eta.toSeconds()));
    return of("batch:progress", null, map);
  }

  /** A batch that somebody asked for is not there, or is another tenant's. */
  static Message gone(String batch) {
    return of("batch:deleted", null, Map.of("batchId", batch));
  }

  /** An item that failed for good, without its payloads. */
  static Message failed(BatchItem<String, String> item) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("batchId", item.batchId().toString());
    map.put("item", SHOWN.item(ANYBODY, item));
    return of("batch:item_failed", null, map);
  }

  private static void put(Map<String, Object> map, String name, @Nullable String value) {
    if (value != null) {
      map.put(name, value);
    }
  }

  private static Message of(String event, @Nullable Long cursor, Map<String, ?> members) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("event", event);
    map.putAll(members);
    try {
      return new Message(event, cursor, Exchange.JSON.writeValueAsString(map));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("event " + event + " cannot be written", e);
    }
  }
}
