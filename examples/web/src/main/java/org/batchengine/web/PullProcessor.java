package org.batchengine.web;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.batchengine.HoldScope;
import org.batchengine.ItemContext;
import org.batchengine.ItemProcessor;
import org.jspecify.annotations.Nullable;

/**
 * Hands items out to workers in any language, which ask for them over HTTP at {@code
 * api/work/{operation}/claim} and bring results to {@code api/work/{operation}/results}. Name it in
 * the operation too: {@link Operation#handedOutBy}.
 *
 * <p>An item that is handed out is deferred: no thread waits for it. If no result comes within
 * {@code answerWithinSeconds}, an option of the batch of 1 second to 30 days that defaults to 5
 * minutes, the attempt has failed as {@code TIMEOUT}, and the retry policy decides. As many items
 * wait on a node for a worker that asks there as its job type has concurrency; one that nobody asks
 * for goes back after 20 seconds, for as many seconds as it has made attempts, 5 minutes at most.
 * That uses up no retry, a thousand times: for three days.
 *
 * <p>Thread-safe.
 */
public final class PullProcessor implements ItemProcessor<String, String> {
  static final String ANSWER_WITHIN = "answerWithinSeconds";
  static final long LONGEST_SECONDS = Duration.ofDays(30).toSeconds();
  static final long USUAL_SECONDS = 300;

  static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int LONGEST_PAUSE_SECONDS = 300;
  private static final long LOOK_NANOS = Duration.ofMillis(250).toNanos();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition hasCome = lock.newCondition();
  private final Condition isGone = lock.newCondition();
  private final Deque<Offer> offers = new ArrayDeque<>();

  /** An item that waits for a worker. */
  private static final class Offer {
    private final String tenant;
    private final Map<String, Object> shown;
    private boolean isTaken;

    private Offer(String tenant, Map<String, Object> shown) {
      this.tenant = tenant;
      this.shown = shown;
    }
  }

  private PullProcessor() {}

  /** Returns a processor that nobody asks yet. */
  public static PullProcessor create() {
    return new PullProcessor();
  }

  @Override
  public @Nullable String process(String input, ItemContext context) throws InterruptedException {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("deferral", context.deferral());
    shown.put("batchId", context.batchId().toString());
    shown.put("index", context.index());
    context.key().ifPresent(key -> shown.put("key", key));
    shown.put("attempt", context.attempt());
    shown.put("input", Shown.json(input));
    return isTaken(new Offer(context.tenant(), shown), context)
        ? context.defer(answerWithin(context))
        : context.retryAfter(pause(context.attempt()), HoldScope.ITEM);
  }

  /** Longer each time that nobody has asked. */
  static Duration pause(int attempt) {
    return Duration.ofSeconds(Math.min(attempt, LONGEST_PAUSE_SECONDS));
  }

  private static Duration answerWithin(ItemContext context) {
    return Duration.ofSeconds(
        context.metadata(JsonNode.class).at("/options/" + ANSWER_WITHIN).asLong(USUAL_SECONDS));
  }

  private boolean isTaken(Offer offer, ItemContext context) throws InterruptedException {
    lock.lock();
    try {
      offers.add(offer);
      hasCome.signalAll();
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (!offer.isTaken && !context.isCancelled()) {
        long left = end - System.nanoTime();
        if (left <= 0) {
          break;
        }
        isGone.awaitNanos(Math.min(left, LOOK_NANOS));
      }
      return offer.isTaken;
    } catch (InterruptedException e) {
      if (offer.isTaken) {
        return true; // somebody has it
      }
      throw e;
    } finally {
      offers.remove(offer);
      lock.unlock();
    }
  }

  /** Up to so many items, of one tenant or of all; waits for the first. */
  List<Map<String, Object>> take(Optional<String> tenant, int most, Duration patience)
      throws InterruptedException {
    List<Map<String, Object>> taken = new ArrayList<>();
    lock.lock();
    try {
      long left = patience.toNanos();
      while (true) {
        Iterator<Offer> waiting = offers.iterator();
        while (waiting.hasNext() && taken.size() < most) {
          Offer offer = waiting.next();
          if (tenant.isEmpty() || tenant.get().equals(offer.tenant)) {
            offer.isTaken = true;
            taken.add(offer.shown);
            waiting.remove();
          }
        }
        if (!taken.isEmpty() || left <= 0) {
          isGone.signalAll();
          return taken;
        }
        left = hasCome.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
