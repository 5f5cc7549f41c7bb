package org.batchengine.engine.lease;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.codec.PayloadType;
import org.batchengine.engine.loop.LogContext;
import org.batchengine.model.BatchState;
import org.batchengine.model.PayloadException;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoredText;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Steered;
import org.batchengine.store.rules.StateRules;
import org.batchengine.store.rules.Tolerance;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A batch of which this engine holds work: what its workers need to know. */
public final class LiveBatch {
  private static final Logger log = LoggerFactory.getLogger(LiveBatch.class);

  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(1);

  private volatile BatchHeader header;
  private final String name;
  private volatile @Nullable RetryPolicy policy;
  private final PayloadCodecs codecs;
  private final RateMeter rate;
  private final List<String> measures;
  private volatile Hold hold = Hold.NONE;
  private volatile int steers;
  private long progressToldAt;

  /** Whether the batch is held, as far as this engine knows. */
  public enum Hold {
    /** It is not held. */
    NONE,
    /** No item is started; claimed items are given back. */
    PAUSED,
    /** No item is started; claimed items are cancelled. */
    STOPPED,
    /** As {@link #STOPPED}, and running calls are interrupted. */
    FORCED;

    /** Whether its items end with it. */
    public boolean isStopped() {
      return this == STOPPED || this == FORCED;
    }

    private static Hold of(Steered steered) {
      if (StateRules.mayRun(steered.state())) {
        return NONE;
      }
      if (steered.state() == BatchState.PAUSED) {
        return PAUSED;
      }
      return steered.forced() ? FORCED : STOPPED;
    }
  }

  /** A batch with this header. */
  public LiveBatch(BatchHeader header, PayloadCodecs codecs, long now) {
    this.header = header;
    name = header.id().toString();
    this.codecs = codecs;
    policy = policyOf(header);
    measures = header.measureNames();
    rate = new RateMeter(now);
    progressToldAt = now;
  }

  /** A policy that cannot be read, perhaps from a later version, must not stop other batches. */
  private static @Nullable RetryPolicy policyOf(BatchHeader header) {
    String text = header.retryPolicy();
    try {
      return text == null ? null : RetryPolicy.parse(text);
    } catch (IllegalArgumentException e) {
      log.warn("ignoring the retry policy of batch {}: {}", header.id(), e.getMessage());
      return null;
    }
  }

  /** Its header, read again. An older one than is known changes nothing. */
  public synchronized void read(BatchHeader again) {
    if (again.revision() > header.revision()) {
      policy = policyOf(again);
      header = again;
    }
  }

  /** {@return its latest header from the store} */
  public BatchHeader header() {
    return header;
  }

  /** {@return its id as text} */
  public String name() {
    return name;
  }

  /** {@return its number} */
  public long number() {
    return header.number();
  }

  /**
   * {@return the place of a measure among those that it was submitted with}
   *
   * @throws IllegalArgumentException if it is not one of them
   */
  public int placeOf(String measure) {
    int place = measures.indexOf(measure);
    if (place < 0) {
      throw new IllegalArgumentException(
          "measure %s is none of the measures %s that batch %s of %s was submitted with: declare it with JobType.measuring"
              .formatted(StoredText.quoted(measure), measures, name, header.type()));
    }
    return place;
  }

  /** {@return its own policy, or the one given} */
  public RetryPolicy policyOr(RetryPolicy fallback) {
    RetryPolicy own = policy;
    return own == null ? fallback : own;
  }

  /** Decodes its metadata. */
  public <T> T metadata(Class<T> type) {
    PayloadCodec<T> codec = codecs.codecFor(PayloadType.of(type));
    T decoded = Payloads.decode(codec, header.metadata(), codec.format());
    if (decoded == null) {
      throw new PayloadException("the metadata decodes to null");
    }
    return decoded;
  }

  /** {@return whether it is held} */
  public Hold hold() {
    return hold;
  }

  /** This engine has steered it. */
  synchronized void hold(Hold as) {
    steers++;
    hold = as;
  }

  /** How often this engine has steered it. */
  int steers() {
    return steers;
  }

  /**
   * {@return how often this engine has steered each batch} Call it before asking the store, and
   * pass it to {@link #foundHeld}.
   */
  public static Map<LiveBatch, Integer> steers(Collection<LiveBatch> batches) {
    return batches.stream().collect(Collectors.toMap(batch -> batch, LiveBatch::steers));
  }

  /** Takes the store's answer; batches that it does not name are not held. */
  public static void foundHeld(Map<LiveBatch, Integer> steersBefore, Collection<Steered> answer) {
    Map<Long, Hold> holds = new HashMap<>();
    answer.forEach(steered -> holds.put(steered.batch(), Hold.of(steered)));
    steersBefore.forEach(
        (batch, steers) -> batch.foundHeld(holds.getOrDefault(batch.number(), Hold.NONE), steers));
  }

  /** Ignored if this engine has steered the batch since the store was asked. */
  private synchronized void foundHeld(Hold as, int steersBefore) {
    if (steers == steersBefore) {
      hold = as;
    }
  }

  /** Whether to tell listeners of its progress again: once a second. For the settler. */
  public boolean progressIsDue(long now) {
    return now - progressToldAt >= PROGRESS_NANOS;
  }

  /** Listeners were told of its progress. For the settler. */
  public void progressTold(long now) {
    progressToldAt = now;
  }

  /** {@return how many failures it tolerates; empty if any number} */
  public OptionalLong toleratedFailures() {
    BatchHeader known = header;
    return new Tolerance(known.toleratedFailures(), known.toleratedRate(), known.total()).most();
  }

  /** {@return how many items a second this engine runs of it} */
  public RateMeter rate() {
    return rate;
  }

  /** Names the batch in the log while host code works on its items. */
  public LogContext logContext() {
    return LogContext.of(name, header.tenant());
  }
}
