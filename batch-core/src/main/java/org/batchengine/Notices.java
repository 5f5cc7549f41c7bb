package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.model.BatchEnd;
import org.batchengine.store.FeedStore;
import org.batchengine.store.NotifiedType;
import org.batchengine.store.ReaderName;
import org.jspecify.annotations.Nullable;

/**
 * Decides which job types are told of the end of a batch: those of its request, then those that the
 * engine's builder names for all. Thread-safe.
 */
final class Notices {
  private static final int MOST_TYPES = 10;

  private final EngineConfig config;
  private final Map<String, NotifiedType> ofAll = new LinkedHashMap<>();

  /** Whether notifiers have a position from which they read the feed. */
  private volatile boolean isBegun;

  /** With the types that the builder names. */
  Notices(EngineConfig config) {
    this.config = config;
    config.notified().forEach(type -> ofAll.put(type.name(), stored(type)));
  }

  /** {@return the types, each once} */
  static List<JobType<BatchEnd, ?>> types(JobType<BatchEnd, ?>[] given) {
    Map<String, JobType<BatchEnd, ?>> types = new LinkedHashMap<>();
    for (JobType<BatchEnd, ?> type : requireNonNull(given, "types")) {
      types.putIfAbsent(requireNonNull(type, "type").name(), type);
    }
    if (types.size() > MOST_TYPES) {
      throw new IllegalArgumentException(
          "types: %d are too many to be told of one end: at most %d"
              .formatted(types.size(), MOST_TYPES));
    }
    return List.copyOf(types.values());
  }

  /**
   * The types that are told of the end of the request's batch, as they are stored with it; null if
   * there are none. The notifiers' position is stored before the first such batch, so that they
   * miss no end, and outside any transaction of the host, which may be rolled back.
   */
  @Nullable String of(BatchRequest<?> request) {
    Map<String, NotifiedType> types = new LinkedHashMap<>();
    NotifiedType.parse(request.notifiedText()).forEach(type -> types.put(type.name(), type));
    request.notified().forEach(type -> types.put(type.name(), stored(type)));
    if (!ofAll.containsKey(request.type().name())) { // else it would be told of itself for ever
      ofAll.forEach(types::putIfAbsent);
    }
    String text = NotifiedType.toText(types.values());
    if (text != null && !isBegun) {
      FeedStore feed = config.store().feed();
      feed.begin(ReaderName.NOTIFIER);
      isBegun = true;
    }
    return text;
  }

  private NotifiedType stored(JobType<BatchEnd, ?> type) {
    config.refuseAnother(type);
    PayloadCodec<BatchEnd> input = type.inputCodec(config.codecs());
    if (!input.reads(NotifiedType.INPUT_FORMAT)) {
      throw new IllegalArgumentException(
          "job type \"%s\" reads %s, and an end is told as %s, since any node may tell it: use the built-in codec of BatchEnd, PayloadCodecs.basic(), or let the codec read that format too"
              .formatted(type.name(), input.format(), NotifiedType.INPUT_FORMAT));
    }
    String output = RequestSubmitter.format("output", type.outputCodec(config.codecs()));
    if (output.lines().count() > 1) {
      throw new IllegalArgumentException(
          "the output codec of job type \"%s\" has a format with a line break: use one line"
              .formatted(type.name()));
    }
    List<String> measures = type.measures();
    return new NotifiedType(
        type.name(), measures.isEmpty() ? null : String.join(",", measures), output);
  }
}
