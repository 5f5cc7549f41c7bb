package org.batchengine;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.codec.PayloadType;
import org.batchengine.model.BatchState;
import org.batchengine.model.PayloadException;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Steered;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A batch of which this engine owns work: what its workers need to know, read once. */
final class LiveBatch {
  private static final Logger log = LoggerFactory.getLogger(LiveBatch.class);

  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final BatchHeader header;
  private final String name;
  private final @Nullable RetryPolicy policy;
  private final PayloadCodecs codecs;
  private final RateMeter rate;
  private volatile Hold hold = Hold.NONE;
  private volatile int steers;
  private long progressToldAt;

  /** How far the batch is stopped, as this engine knows it. */
  enum Hold {
    /** It runs. */
    NONE,
    /** Nothing of it is started; what was claimed is given back. */
    PAUSED,
    /** Nothing of it is started; what was claimed is cancelled. */
    STOPPED,
    /** As {@link #STOPPED}, and calls that run are interrupted. */
    FORCED;

    boolean isStopped() {
      return this == STOPPED || this == FORCED;
    }

    /** That of a batch which is neither PENDING nor RUNNING. */
    private static Hold of(Steered steered) {
      if (steered.state() == BatchState.PAUSED) {
        return PAUSED;
      }
      return steered.forced() ? FORCED : STOPPED;
    }
  }

  LiveBatch(BatchHeader header, PayloadCodecs codecs, long now) {
    this.header = header;
    name = header.id().toString();
    this.codecs = codecs;
    policy = policyOf(header);
    rate = new RateMeter(now);
    progressToldAt = now;
  }

  /** One that cannot be read, perhaps of a later version, must not stop the other batches. */
  private static @Nullable RetryPolicy policyOf(BatchHeader header) {
    String text = header.retryPolicy();
    try {
      return text == null ? null : RetryPolicy.parse(text);
    } catch (IllegalArgumentException e) {
      log.warn("the retry policy of batch {} is passed over: {}", header.id(), e.getMessage());
      return null;
    }
  }

  BatchHeader header() {
    return header;
  }

  /** Its id as text. */
  String name() {
    return name;
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

  Hold hold() {
    return hold;
  }

  /** Steered by this engine. */
  synchronized void hold(Hold as) {
    steers++;
    hold = as;
  }

  /** How often it was steered by this engine. */
  int steers() {
    return steers;
  }

  /** How often each was steered by this engine: to be asked before the store is. */
  static Map<LiveBatch, Integer> steers(Collection<LiveBatch> batches) {
    return batches.stream().collect(Collectors.toMap(batch -> batch, LiveBatch::steers));
  }

  /** What the store has said of these batches; those that it does not name are not held. */
  static void foundHeld(Map<LiveBatch, Integer> steersBefore, Collection<Steered> answer) {
    Map<Long, Hold> holds = new HashMap<>();
    answer.forEach(steered -> holds.put(steered.batch(), Hold.of(steered)));
    steersBefore.forEach(
        (batch, steers) -> batch.foundHeld(holds.getOrDefault(batch.number(), Hold.NONE), steers));
  }

  /** As the store had it, unless this engine has steered it since. */
  private synchronized void foundHeld(Hold as, int steersBefore) {
    if (steers == steersBefore) {
      hold = as;
    }
  }

  /**
   * Whether listeners should hear of its progress again; at most once a second. For the settler.
   */
  boolean progressIsDue(long now) {
    return now - progressToldAt >= PROGRESS_NANOS;
  }

  /** Listeners hear of its progress at this moment. For the settler. */
  void progressTold(long now) {
    progressToldAt = now;
  }

  /** How many failures are tolerated; empty: any number. */
  OptionalLong toleratedFailures() {
    Long count = header.toleratedFailures();
    Double rate = header.toleratedRate();
    if (count == null && rate == null) {
      return OptionalLong.empty();
    }
    long byCount = count == null ? Long.MAX_VALUE : count;
    long byRate = rate == null ? Long.MAX_VALUE : (long) Math.floor(rate * header.total());
    return OptionalLong.of(Math.min(byCount, byRate));
  }

  RateMeter rate() {
    return rate;
  }

  /**
   * Items a second over about the last ten seconds: a count that decays exponentially, divided by
   * its time constant, and by how much of a full window has been seen. Safe for many threads.
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

    synchronized void add(int items, long now) {
      count = count * Math.exp(-(now - countedAt) / WINDOW) + items;
      countedAt = now;
    }

    synchronized double itemsPerSecond() {
      double seen = Math.max((double) (countedAt - startedAt), LEAST_SEEN);
      double perNano = count / (WINDOW * (1 - Math.exp(-seen / WINDOW)));
      return perNano * TimeUnit.SECONDS.toNanos(1);
    }
  }
}
