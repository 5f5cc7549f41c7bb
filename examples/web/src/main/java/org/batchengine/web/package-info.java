/**
 * Batches over HTTP, for any servlet container.
 *
 * <pre>{@code
 * BatchServlet.of(engine)
 *     .operation(Operation.of(ANNOTATE).label("Annotate invoices"))   // what may be created by HTTP
 *     .visitors(request -> Optional.of(Visitor.named(user(request)).tenant("acme").may(READ, STEER)));
 * }</pre>
 *
 * <p>Nobody gets in before {@link org.batchengine.web.BatchServlet#visitors} says who is who. A
 * visitor of a tenant sees that tenant only: each call goes to a view of the engine that has no
 * other batches. The contract is served at {@code api/openapi.json}. Addresses are relative to
 * wherever the servlet is mapped, which needs no setting.
 *
 * <p>{@code api/events} tells what happens on every node, over a WebSocket or as server-sent
 * events: one {@code Hub} reads the feed for all clients and fills the queue of each {@code
 * Client}. A client that was away says the position it had, and hears what it has missed. Progress
 * has no position: instead a client hears first how each batch is. A browser's WebSocket gets in by
 * a ticket of {@code api/ticket}, which counts in this process only: behind a balancer both must go
 * to the same one.
 *
 * <p>In the order of a request: {@link org.batchengine.web.BatchServlet} asks who the visitor is,
 * {@code Routes} finds the route, {@code Exchange} reads what was sent and writes the answer, and a
 * {@code Problem} is whatever cannot be answered.
 */
@NullMarked
package org.batchengine.web;

import org.jspecify.annotations.NullMarked;
