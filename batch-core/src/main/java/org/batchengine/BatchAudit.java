package org.batchengine;

import org.batchengine.feed.AuditQuery;
import org.batchengine.feed.FeedEvent;
import org.batchengine.model.BatchPage;

/**
 * Who did what to which batch, when, on which node, and why. Names are those of {@link
 * Batches#actingAs}. Of a {@link Batches#forTenant view} it shows the batches of that tenant only.
 * Thread-safe.
 *
 * <pre>{@code
 * for (FeedEvent event : batches.audit().read(AuditQuery.all().actor("alice"))) {
 *   log.info("{} {} {}: {}", event.happenedAt(), event.kind(), event.batchId(), event.reason());
 * }
 * }</pre>
 */
public interface BatchAudit {

  /**
   * {@return a page of the events that match the query}
   *
   * @throws IllegalArgumentException if this is the view of a tenant and the query names another
   */
  BatchPage<FeedEvent> read(AuditQuery query);
}
