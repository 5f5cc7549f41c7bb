package org.batchengine;

import java.util.concurrent.TimeUnit;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.codec.PayloadType;
import org.batchengine.model.PayloadException;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.BatchHeader;
import org.jspecify.annotations.Nullable;

/** A batch of which this engine owns work: what its workers need to know, read once. */
final class LiveBatch {
  private final BatchHeader header;
  private final @Nullable RetryPolicy policy;
  private final PayloadCodecs codecs;
  private final RateMeter rate;

  LiveBatch(BatchHeader header, PayloadCodecs codecs, long now) {
    this.header = header;
    this.codecs = codecs;
    String text = header.retryPolicy();
    policy = text == null ? null : RetryPolicy.parse(text);
    rate = new RateMeter(now);
  }

  BatchHeader header() {
    return header;
  }

  long number() {
    return header.number();
  }

  /** The batch's own policy, or the one given. */
  RetryPolicy policyOr(RetryPolicy fallback) {
    return policy == null ? fallback : policy;
  }

  <T> T metadata(Class<T> type) {
    T decoded = Payloads.decode(codecs.codecFor(PayloadType.of(type)), header.metadata(), "json");
    if (decoded == null) {
      throw new PayloadException("the metadata stands for null");
    }
    return decoded;
  }

  /** Used by the settler's thread alone. */
  RateMeter rate() {
    return rate;
  }

  /**
   * Items a second over about the last ten seconds: a count that decays exponentially, divided by
   * its time constant, and by how much of a full window has been seen.
   */
  static final class RateMeter {
    private static final double WINDOW = TimeUnit.SECONDS.toNanos(10);
    private static final double LEAST_SEEN = TimeUnit.MILLISECONDS.toNanos(200);

    private final long startedAt;
    private long countedAt;
    private double count;

    RateMeter(long now) {
      startedAt = now;
      countedAt = now;
    }

    void add(int items, long now) {
      count = count * Math.exp(-(now - countedAt) / WINDOW) + items;
      countedAt = now;
    }

    double itemsPerSecond() {
      double seen = Math.max((double) (countedAt - startedAt), LEAST_SEEN);
      double perNano = count / (WINDOW * (1 - Math.exp(-seen / WINDOW)));
      return perNano * TimeUnit.SECONDS.toNanos(1);
    }
  }
}
