package org.batchengine.web;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.batchengine.model.BatchId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The clients of a servlet. Whoever comes and goes may be any thread; one tells them. */
final class Audience implements AutoCloseable {
  static final int MOST_OF_A_VISITOR = 20;

  private static final Logger log = LoggerFactory.getLogger(Audience.class);
  private static final long HEARTBEAT = Duration.ofSeconds(Message.HEARTBEAT_SECONDS).toNanos();

  private final LongSupplier nanos;
  private final List<Client> clients = new CopyOnWriteArrayList<>();
  private final ExecutorService closing = Executors.newCachedThreadPool(Audience::daemon);
  private volatile boolean isClosed;

  Audience(LongSupplier nanos) {
    this.nanos = nanos;
  }

  static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "batch-events");
    thread.setDaemon(true);
    return thread;
  }

  long now() {
    return nanos.getAsLong();
  }

  /** Whether the visitor may have one client more. */
  boolean hasRoom(Visitor visitor) {
    return !isClosed
        && clients.stream().filter(each -> each.visitor().who().equals(visitor.who())).count()
            < MOST_OF_A_VISITOR;
  }

  /** Takes a client, if there is room for it. */
  synchronized boolean join(Client client) {
    if (!hasRoom(client.visitor())) {
      return false;
    }
    clients.add(client);
    return true;
  }

  void leave(Client client) {
    client.end();
    clients.remove(client);
  }

  /** Ends a client, on another thread, as that may take as long as the client likes. */
  void cutOff(Client client, int code, String reason) {
    leave(client);
    try {
      closing.execute(() -> client.close(code, reason));
    } catch (RejectedExecutionException e) {
      log.debug("a client is left to its container, as the service closes", e);
    }
  }

  List<Client> all() {
    return clients;
  }

  boolean isEmpty() {
    return clients.isEmpty();
  }

  boolean hearsItems(String tenant, BatchId batch) {
    return clients.stream().anyMatch(client -> client.hearsItems(tenant, batch));
  }

  void tell(Predicate<Client> who, Message message) {
    for (Client client : clients) {
      if (who.test(client)) {
        tell(client, message);
      }
    }
  }

  void tell(Client client, Message message) {
    if (!client.tell(message, now())) {
      cutOff(client, Client.TRY_AGAIN, "too slow: come again, and go on from the last cursor");
    }
  }

  /** Those who have heard nothing for long hear that this is so. */
  void beat(long position) {
    long now = now();
    for (Client client : clients) {
      if (now - client.lastTold() >= HEARTBEAT) {
        tell(client, Message.ping(client.hears() ? position : null));
      }
    }
  }

  /** Ends all clients. */
  @Override
  public synchronized void close() {
    isClosed = true;
    for (Client client : clients) {
      cutOff(client, Client.GOING_AWAY, "the service closes");
    }
    closing.shutdown();
  }
}
