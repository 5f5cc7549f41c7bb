package org.batchengine.web;

import java.util.LinkedHashMap;
import java.util.Map;

/** Limits how many batches each visitor creates: a bucket of tokens that fills up steadily. */
final class Creations {
  private static final int MOST_VISITORS = 10_000;
  private static final double NANOS_PER_MINUTE = 60e9;

  private final int perMinute;
  private final int atOnce;
  private final Map<String, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
          return size() > MOST_VISITORS;
        }
      };

  /**
   * A bucket as it was.
   *
   * @param tokens how many batches may be created
   * @param nanos when
   */
  private record Bucket(double tokens, long nanos) {}

  Creations(int perMinute, int atOnce) {
    if (perMinute < 1 || atOnce < 1) {
      throw new IllegalArgumentException(
          "creations " + perMinute + " and " + atOnce + " must be at least 1");
    }
    this.perMinute = perMinute;
    this.atOnce = atOnce;
  }

  /**
   * Takes a token.
   *
   * @throws Problem 429 if there is none, with the seconds until there is
   */
  synchronized void take(Visitor visitor, long now) {
    String who = visitor.tenant().orElse("*") + "/" + visitor.name();
    Bucket last = buckets.getOrDefault(who, new Bucket(atOnce, now));
    double filled = (now - last.nanos()) * perMinute / NANOS_PER_MINUTE;
    double tokens = Math.min(atOnce, last.tokens() + filled);
    if (tokens < 1) {
      long seconds = (long) Math.ceil((1 - tokens) * 60 / perMinute);
      throw new Problem(429, "Too many requests", perMinute + " batches a minute may be created")
          .with("Retry-After", Long.toString(seconds))
          .with("RateLimit", "\"creations\";r=0;t=" + seconds);
    }
    buckets.put(who, new Bucket(tokens - 1, now));
  }
}
