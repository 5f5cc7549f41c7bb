package org.batchengine.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client that hears events as an answer without end, in the form of server-sent events. */
final class EventStream extends Client implements WriteListener, AsyncListener {
  static final String TYPE = "text/event-stream";

  private static final Logger log = LoggerFactory.getLogger(EventStream.class);

  private final Hub hub;
  private final AsyncContext async;
  private final ServletOutputStream out;

  /** Guarded by this, as what follows: whether the container says when it goes on. */
  private boolean isWaiting = true;

  private boolean isFlushed = true;
  private boolean isOver;

  EventStream(Hub hub, Visitor visitor, AsyncContext async) throws IOException {
    super(visitor, hub.audience().now());
    this.hub = hub;
    this.async = async;
    this.out = async.getResponse().getOutputStream();
  }

  /** Begins to write, once it is known to the hub. */
  void open() {
    async.addListener(this);
    out.setWriteListener(this);
  }

  @Override
  public void onWritePossible() {
    synchronized (this) {
      isWaiting = false;
    }
    send();
  }

  @Override
  void send() {
    try {
      write();
    } catch (IOException | RuntimeException e) {
      onError(e);
    }
  }

  private synchronized void write() throws IOException {
    while (!isWaiting && !isOver) {
      if (!out.isReady()) {
        isWaiting = true; // onWritePossible follows
        return;
      }
      Message next = next();
      if (next != null) {
        out.write(bytes(next));
        isFlushed = false;
      } else if (!isFlushed) {
        isFlushed = true;
        out.flush();
      } else {
        return;
      }
    }
  }

  private static byte[] bytes(Message message) {
    String id = message.cursor() == null ? "" : "id: " + message.cursor() + "\n";
    return (id + "event: " + message.event() + "\ndata: " + message.json() + "\n\n")
        .getBytes(UTF_8);
  }

  @Override
  void close(int code, String reason) {
    complete();
  }

  @Override
  public void onError(Throwable thrown) {
    log.debug("a stream of {} fails", visitor().name(), thrown);
    hub.audience().leave(this);
    complete();
  }

  @Override
  public void onError(AsyncEvent event) {
    Throwable thrown = event.getThrowable();
    onError(thrown == null ? new IOException("the client is gone") : thrown);
  }

  private void complete() {
    synchronized (this) {
      if (isOver) {
        return;
      }
      isOver = true;
    }
    try {
      async.complete();
    } catch (IllegalStateException e) {
      log.debug("a stream is closed already", e);
    }
  }

  @Override
  public void onComplete(AsyncEvent event) {
    hub.audience().leave(this);
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    onError(new IOException("the container has had enough of it"));
  }

  @Override
  public void onStartAsync(AsyncEvent event) {
    // it is not started again
  }
}
