package org.batchengine.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.websocket.CloseReason;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.SendResult;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.batchengine.model.Violation;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events over a WebSocket. The servlet upgrades the request itself, so there is nothing to
 * register: the container needs Jakarta WebSocket 2.1, and no more.
 */
public final class BatchEvents extends Endpoint {
  private static final Logger log = LoggerFactory.getLogger(BatchEvents.class);
  private static final int MOST_TEXT = 64 << 10;

  /** The longest reason that fits into a close frame, in bytes. */
  private static final int MOST_REASON = 120;

  /** Tomcat tries for only 50 ms to tell a slow client why it is cut off. Others ignore this. */
  private static final String CLOSE_TIMEOUT =
      "org.apache.tomcat.websocket.ABNORMAL_SESSION_CLOSE_SEND_TIMEOUT";

  private static final long CLOSE_MILLIS = 10_000;

  private final Hub hub;
  private final Visitor visitor;
  private @Nullable Socket socket;

  private BatchEvents(Hub hub, Visitor visitor) {
    this.hub = hub;
    this.visitor = visitor;
  }

  /**
   * Makes a WebSocket of a request.
   *
   * @throws Problem 501 if the container has none
   */
  static void upgrade(
      HttpServletRequest request, HttpServletResponse response, Hub hub, Visitor visitor)
      throws IOException {
    Object container = request.getServletContext().getAttribute(ServerContainer.class.getName());
    if (!(container instanceof ServerContainer server)) {
      throw new Problem(501, "Not implemented", "no WebSocket here: ask for text/event-stream");
    }
    ServerEndpointConfig config =
        ServerEndpointConfig.Builder.create(BatchEvents.class, "/api/events")
            .configurator(new ForVisitor(hub, visitor))
            .build();
    try {
      server.upgradeHttpToWebSocket(request, response, config, Map.of());
    } catch (DeploymentException e) {
      throw new IOException("the container refuses the WebSocket", e);
    }
  }

  /** The servlet has let the visitor in, and looked at the origin. */
  private static final class ForVisitor extends ServerEndpointConfig.Configurator {
    private final Hub hub;
    private final Visitor visitor;

    ForVisitor(Hub hub, Visitor visitor) {
      this.hub = hub;
      this.visitor = visitor;
    }

    @Override
    public boolean checkOrigin(String origin) {
      return true;
    }

    @Override
    public String getNegotiatedSubprotocol(List<String> supported, List<String> requested) {
      return "";
    }

    @Override
    public <T> T getEndpointInstance(Class<T> type) {
      return type.cast(new BatchEvents(hub, visitor));
    }
  }

  @Override
  public void onOpen(Session session, EndpointConfig config) {
    session.setMaxIdleTimeout(0);
    session.setMaxTextMessageBufferSize(MOST_TEXT);
    session.getUserProperties().put(CLOSE_TIMEOUT, CLOSE_MILLIS);
    Socket opened = new Socket(session);
    socket = opened;
    session.addMessageHandler(String.class, text -> hear(opened, text));
    if (!hub.audience().join(opened)) {
      hub.audience()
          .cutOff(opened, Client.TRY_AGAIN, Audience.MOST_OF_A_VISITOR + " sockets at most");
    }
  }

  private void hear(Socket opened, String text) {
    try {
      opened.asks(Interest.parse(text));
      hub.wake();
    } catch (Problem e) {
      Violation first = e.violations().get(0);
      hub.audience().cutOff(opened, Client.REFUSED, first.path() + ": " + first.message());
    }
  }

  @Override
  public void onClose(Session session, CloseReason reason) {
    if (socket != null) {
      hub.audience().leave(socket);
    }
  }

  @Override
  public void onError(Session session, Throwable thrown) {
    log.debug("a socket of {} fails", visitor.name(), thrown);
    if (socket != null) {
      hub.audience().leave(socket);
    }
  }

  /** The socket of a client: one message is on its way at a time. */
  private final class Socket extends Client {
    private final Session session;

    /** Who sends, and how often others have tried meanwhile. */
    private final AtomicInteger turns = new AtomicInteger();

    private volatile boolean isSending;

    Socket(Session session) {
      super(visitor, hub.audience().now());
      this.session = session;
    }

    @Override
    void send() {
      if (turns.getAndIncrement() > 0) {
        return; // whoever sends looks again
      }
      do {
        Message next = isSending ? null : next();
        if (next != null) {
          isSending = true;
          begin(next);
        }
      } while (turns.decrementAndGet() > 0);
    }

    private void begin(Message next) {
      try {
        session.getAsyncRemote().sendText(next.json(), this::sent);
      } catch (RuntimeException e) {
        log.debug("a socket is closed", e);
        hub.audience().leave(this);
      }
    }

    private void sent(SendResult result) {
      isSending = false;
      if (result.isOK()) {
        send();
      } else {
        hub.audience().leave(this);
      }
    }

    @Override
    void close(int code, String reason) {
      String brief = reason.replaceAll("[^ -~]", "?");
      try {
        session.close(
            new CloseReason(
                CloseReason.CloseCodes.getCloseCode(code),
                brief.substring(0, Math.min(brief.length(), MOST_REASON))));
      } catch (IOException | RuntimeException e) {
        log.debug("a socket is closed already", e);
      }
    }
  }
}
