package org.batchengine.web;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Events as they happen: over a WebSocket, or as a stream of server-sent events. */
final class EventRoutes {
  static final String PATH = "api/events";

  private static final String CONTAINER = "jakarta.websocket.server.ServerContainer";

  private final Hub hub;
  private final Tickets tickets;

  EventRoutes(Hub hub, Tickets tickets) {
    this.hub = hub;
    this.tickets = tickets;
  }

  List<Route> routes() {
    return List.of(
        Route.of("GET", PATH, "What happens, as it happens: a WebSocket or a stream", this::events)
            .needs(Right.READ)
            .query(Interest.query())
            .query(Field.text("ticket").description("Of api/ticket, for a WebSocket of a browser."))
            .answers(200, new Route.Answer(List.of(EventStream.TYPE), null)),
        Route.of("POST", "api/ticket", "Lets one WebSocket in, within 30 seconds", this::ticket)
            .needs(Right.READ)
            .answers(200, Field.text("ticket").required()));
  }

  static boolean isUpgrade(HttpServletRequest request) {
    String upgrade = request.getHeader("Upgrade");
    return upgrade != null && upgrade.toLowerCase(Locale.ROOT).equals("websocket");
  }

  private void ticket(Exchange exchange) throws IOException {
    exchange.body();
    exchange.answer(200, Map.of("ticket", tickets.give(exchange.visitor())));
  }

  private void events(Exchange exchange) throws IOException {
    HttpServletRequest request = exchange.request();
    Values given = exchange.query();
    if (!hub.audience().hasRoom(exchange.visitor())) {
      throw new Problem(
              429,
              "Too many requests",
              Audience.MOST_OF_A_VISITOR + " streams and sockets a visitor at most")
          .with("Retry-After", "5");
    }
    if (isUpgrade(request)) {
      if (!given.has("ticket")) {
        BatchServlet.refuseOtherSites(request); // another site cannot have read a ticket
      }
      if (request.getServletContext().getAttribute(CONTAINER) == null) {
        throw new Problem(501, "Not implemented", "no WebSocket here: ask for " + EventStream.TYPE);
      }
      BatchEvents.upgrade(request, exchange.response(), hub, exchange.visitor());
      return;
    }
    stream(exchange, given);
  }

  private void stream(Exchange exchange, Values given) throws IOException {
    HttpServletRequest request = exchange.request();
    HttpServletResponse response = exchange.response();
    String accept = exchange.header("Accept").orElse("*/*").toLowerCase(Locale.ROOT);
    if (!accept.contains(EventStream.TYPE)
        && !accept.contains("*/*")
        && !accept.contains("text/*")) {
      throw new Problem(
          406, "Not acceptable", "events come as " + EventStream.TYPE + ", or over a WebSocket");
    }
    Interest asked = Interest.of(given, exchange.header("Last-Event-ID").orElse(null));
    response.setContentType(EventStream.TYPE);
    response.setCharacterEncoding("UTF-8");
    response.setHeader("X-Accel-Buffering", "no"); // nginx would keep events back
    if (exchange.isHead()) {
      return;
    }
    if (!request.isAsyncSupported()) {
      throw new Problem(
          501, "Not implemented", "the servlet was not registered with async support");
    }
    AsyncContext async = request.startAsync();
    async.setTimeout(0);
    EventStream client = new EventStream(hub, exchange.visitor(), async);
    client.asks(asked);
    if (!hub.audience().join(client)) { // others came in between
      hub.audience().cutOff(client, Client.TRY_AGAIN, "");
      return;
    }
    response.flushBuffer();
    client.open();
    hub.wake();
  }
}
