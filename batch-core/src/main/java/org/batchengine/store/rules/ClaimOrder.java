package org.batchengine.store.rules;

import java.util.Optional;
import java.util.function.IntUnaryOperator;
import org.batchengine.store.ClaimRequest.Wanted;

/**
 * In which order a claim takes due work, of every store: the highest priority first, whether it is
 * a retry or fresh. Within a priority retries get half of what is missing and chunks the rest; what
 * the one leaves, the other gets.
 */
public final class ClaimOrder {
  /** Above every priority. */
  private static final int ALL = Integer.MAX_VALUE;

  private ClaimOrder() {}

  /** Due work of one kind: retries, or chunks. */
  public interface Source {

    /**
     * {@return the due work of the highest priority that is less than {@code below}; empty if there
     * is none}
     *
     * @param items how many items are missing
     */
    Optional<Offer> next(int below, int items);
  }

  /** Due work of one kind and one priority. */
  public interface Offer {

    /** {@return its priority} */
    int priority();

    /**
     * Claims some of it; tenants take turns.
     *
     * @param items how many to claim; of chunks that were lost it may be more
     * @param ofTenant how many of those that the budget has left for a tenant
     * @return how many were claimed; 0 if others were quicker, or no tenant has any left
     */
    int claim(int items, IntUnaryOperator ofTenant);
  }

  /**
   * Claims what is wanted. What is less urgent than work of a tenant who has enough is left: the
   * session has more urgent work in hand.
   *
   * @param ofChunks the most items to claim from chunks
   */
  public static void claim(
      Wanted wanted, ClaimBudget budget, int ofChunks, Source retries, Source chunks) {
    int missing = wanted.items();
    int missingOfChunks = ofChunks;
    int retriesBelow = ALL;
    int chunksBelow = ALL;
    while (missing > 0) {
      Optional<Offer> retry = offer(retries, retriesBelow, missing);
      Optional<Offer> chunk = offer(chunks, chunksBelow, Math.min(missing, missingOfChunks));
      int first = Math.max(priority(retry), priority(chunk));
      if (first < 0) {
        return;
      }
      int before = missing;
      boolean both = priority(retry) == priority(chunk);
      if (priority(retry) == first) {
        IntUnaryOperator share = both ? FairShare::ofRetries : IntUnaryOperator.identity();
        int claimed = retry.orElseThrow().claim(share.applyAsInt(missing), share);
        missing -= claimed;
        retriesBelow = claimed == 0 ? first : retriesBelow;
      } else {
        retriesBelow = retry.isEmpty() ? 0 : retriesBelow;
      }
      while (priority(chunk) == first && missing > 0) {
        int most = Math.min(missing, missingOfChunks);
        int claimed = chunk.orElseThrow().claim(most, IntUnaryOperator.identity());
        missing -= claimed;
        missingOfChunks -= claimed;
        if (claimed == 0 && budget.hasPassedOver()) {
          return;
        }
        chunksBelow = claimed == 0 ? first : chunksBelow;
        chunk = offer(chunks, chunksBelow, Math.min(missing, missingOfChunks));
      }
      chunksBelow = chunk.isEmpty() ? 0 : chunksBelow;
      if (missing == before && budget.hasPassedOver()) {
        return;
      }
    }
  }

  /** Nothing is below the lowest priority, so a source that has run out is asked no more. */
  private static Optional<Offer> offer(Source source, int below, int items) {
    return below > 0 && items > 0 ? source.next(below, items) : Optional.empty();
  }

  private static int priority(Optional<Offer> offer) {
    return offer.map(Offer::priority).orElse(-1);
  }
}
