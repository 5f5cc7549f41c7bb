package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * One reason why a batch is not done. The items of all reasons add up to the batch's unsettled
 * items.
 *
 * <table>
 *   <caption>The codes</caption>
 *   <tr><th>code</th><th>the items</th></tr>
 *   <tr><td>{@code SUBMITTING}</td><td>have arrived; more may follow</td></tr>
 *   <tr><td>{@code SUBMITTER_GONE}</td><td>will never be complete; the batch will be removed</td></tr>
 *   <tr><td>{@code PAUSED}</td><td>wait until somebody resumes the batch</td></tr>
 *   <tr><td>{@code REHEARSED}</td><td>wait until somebody resumes the batch, which confirms its
 *       rehearsal, or cancels it</td></tr>
 *   <tr><td>{@code BUDGET}</td><td>wait until somebody raises the batch's budget, and resumes
 *       it</td></tr>
 *   <tr><td>{@code STOPPING}</td><td>will be cancelled</td></tr>
 *   <tr><td>{@code NO_NODE}</td><td>are due, but no started engine is connected</td></tr>
 *   <tr><td>{@code NO_NODE_FOR_TYPE}</td><td>are due, but no started engine has registered the
 *       type</td></tr>
 *   <tr><td>{@code BEHIND}</td><td>are due, but work of a higher priority goes first</td></tr>
 *   <tr><td>{@code HELD}</td><td>are due, but nothing of their job type may begin until its hold
 *       ends or is released</td></tr>
 *   <tr><td>{@code BREAKER}</td><td>are due, but too many attempts of their job type have failed
 *       alike: nothing may begin until then, unless the type is released; or wait until somebody
 *       resumes the batch, if that has happened to it alone</td></tr>
 *   <tr><td>{@code TRIAL}</td><td>are due, and wait for a few calls which show whether their job
 *       type works again</td></tr>
 *   <tr><td>{@code RATE}</td><td>are due, and wait for a worker and a place of a limited rate</td></tr>
 *   <tr><td>{@code PLACES}</td><td>are due, and wait for a worker and a place of a limited number of
 *       calls</td></tr>
 *   <tr><td>{@code READY}</td><td>wait for a free worker; tenants take turns</td></tr>
 *   <tr><td>{@code SEQUENTIAL_AT}</td><td>wait for the item before them</td></tr>
 *   <tr><td>{@code SUSPECTS}</td><td>may have taken their process down, and wait to run
 *       alone</td></tr>
 *   <tr><td>{@code WAITS_FOR_BATCH}</td><td>wait for other batches</td></tr>
 *   <tr><td>{@code FILLING}</td><td>were copied from another batch; more may follow</td></tr>
 *   <tr><td>{@code REHEARSING}</td><td>wait for the rehearsal of the batch's other items</td></tr>
 *   <tr><td>{@code NOT_DUE}</td><td>are not due yet</td></tr>
 *   <tr><td>{@code RETRY_AT}</td><td>wait for another attempt</td></tr>
 *   <tr><td>{@code DEFERRED}</td><td>are to be settled from outside, the first until
 *       {@link #until} at most</td></tr>
 *   <tr><td>{@code RUNNING_ON}</td><td>are in the hands of a node</td></tr>
 *   <tr><td>{@code NODE_LOST}</td><td>are in the hands of a node that no longer answers; others
 *       take them over</td></tr>
 *   <tr><td>{@code MISSING}</td><td>are nowhere, because rows were lost; the engine restores
 *       them</td></tr>
 *   <tr><td>{@code REOPENING}</td><td>none: failed items are being taken up again</td></tr>
 *   <tr><td>{@code ENDING}</td><td>none: all are settled, and the batch is about to end</td></tr>
 *   <tr><td>{@code DEADLINE_AT}</td><td>none: the batch fails at that time if it has not
 *       ended</td></tr>
 * </table>
 *
 * @param code one of the above; later versions may add codes
 * @param text the reason in words, for people; may quote the reason that a person gave
 * @param items the number of items concerned; 0 if the reason concerns the batch itself
 * @param until when this reason ends, or the first of its items is due; empty if nobody can know
 * @param node the name of the node concerned
 * @param needsPerson whether nothing changes until a person acts
 */
public record Reason(
    String code,
    String text,
    long items,
    Optional<Instant> until,
    Optional<String> node,
    boolean needsPerson) {

  /** Rejects null and a negative number of items. */
  public Reason {
    requireNonNull(code, "code");
    requireNonNull(text, "text");
    requireNonNull(until, "until");
    requireNonNull(node, "node");
    if (items < 0) {
      throw new IllegalArgumentException("items " + items + " is out of range: at least 0");
    }
  }

  /**
   * Returns everything as a flat map that any JSON library can print. The keys are part of the API:
   * {@code code}, {@code text}, {@code items}, {@code until}, {@code node}, {@code needs_person}.
   * {@code until} is ISO-8601 text in UTC; absent values have no key.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap()
        .put("code", code)
        .put("text", text)
        .put("items", items)
        .putInstant("until", until)
        .putText("node", node)
        .put("needs_person", needsPerson)
        .toMap();
  }
}
