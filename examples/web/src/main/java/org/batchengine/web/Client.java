package org.batchengine.web;

import java.util.ArrayDeque;
import java.util.Queue;
import org.batchengine.model.BatchId;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who hears events, and what waits to be sent to them: so much and no more. Whoever is too
 * slow is cut off, comes again, and goes on where they were.
 */
abstract class Client {
  static final int MOST_WAITING = 2_000;
  static final int MOST_CHARACTERS = 4 << 20;

  /** The service goes away. */
  static final int GOING_AWAY = 1001;

  /** What the client said makes no sense. */
  static final int REFUSED = 1008;

  /** Try again: the client is too slow, or has too many sockets. */
  static final int TRY_AGAIN = 1013;

  private final Visitor visitor;
  private final Queue<Message> waiting = new ArrayDeque<>();
  private long characters;
  private boolean isEnded;

  /** What the client said last, and the hub has not begun with. */
  private volatile @Nullable Interest asked;

  /** Of the hub's thread, as what follows: what the client hears; null while it hears nothing. */
  private @Nullable Interest interest;

  private long lastTold;

  Client(Visitor visitor, long now) {
    this.visitor = visitor;
    lastTold = now;
  }

  /** Sends what waits, as far as that goes without waiting. Any thread; never two at a time. */
  abstract void send();

  /** Ends the connection; may wait. */
  abstract void close(int code, String reason);

  Visitor visitor() {
    return visitor;
  }

  /** It wants to hear this from now on. */
  void asks(Interest interest) {
    asked = interest;
  }

  @Nullable Interest asked() {
    return asked;
  }

  /** It hears what it asked for. */
  void begins(Interest begun) {
    interest = begun;
    if (begun.equals(asked)) {
      asked = null;
    }
  }

  @Nullable Interest interest() {
    return interest;
  }

  boolean hears() {
    return interest != null;
  }

  boolean hears(String tenant, BatchId batch) {
    return interest != null && interest.includes(batch) && sees(tenant);
  }

  boolean hearsItems(String tenant, BatchId batch) {
    return interest != null && interest.items() && hears(tenant, batch);
  }

  private boolean sees(String tenant) {
    return visitor.tenant().isEmpty() || visitor.tenant().get().equals(tenant);
  }

  long lastTold() {
    return lastTold;
  }

  /** Tells it, unless too much waits already; returns whether it was told. */
  boolean tell(Message message, long now) {
    lastTold = now;
    synchronized (waiting) {
      if (isEnded) {
        return true; // it goes anyway
      }
      characters += message.json().length();
      if (waiting.size() >= MOST_WAITING || characters > MOST_CHARACTERS) {
        end();
        return false;
      }
      waiting.add(message);
    }
    send();
    return true;
  }

  /** What is to be sent next; null if there is nothing. */
  final @Nullable Message next() {
    synchronized (waiting) {
      Message next = waiting.poll();
      if (next != null) {
        characters -= next.json().length();
      }
      return next;
    }
  }

  /** Nothing more is sent. */
  final void end() {
    synchronized (waiting) {
      isEnded = true;
      waiting.clear();
      characters = 0;
    }
  }
}
