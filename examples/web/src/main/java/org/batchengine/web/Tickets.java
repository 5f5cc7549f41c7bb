package org.batchengine.web;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What lets a visitor open one WebSocket: a browser sends no headers of a page's choice with it.
 * Good once, for 30 seconds, in this process only. Thread-safe.
 */
final class Tickets {
  private static final long LIFE = Duration.ofSeconds(30).toNanos();
  private static final int BYTES = 32;

  private final SecureRandom random = new SecureRandom();
  private final LongSupplier nanos;

  /** The oldest first. */
  private final Map<String, Ticket> tickets = new LinkedHashMap<>();

  /**
   * A ticket that was not used yet.
   *
   * @param visitor whose it is
   * @param given when, in nanoseconds
   */
  private record Ticket(Visitor visitor, long given) {}

  Tickets(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** A new ticket; the oldest one of a visitor who has as many as sockets is void then. */
  synchronized String give(Visitor visitor) {
    long now = nanos.getAsLong();
    tickets.values().removeIf(ticket -> isOld(ticket, now));
    List<String> own =
        tickets.entrySet().stream()
            .filter(entry -> entry.getValue().visitor().who().equals(visitor.who()))
            .map(Map.Entry::getKey)
            .toList();
    if (own.size() >= Audience.MOST_OF_A_VISITOR) {
      tickets.remove(own.get(0));
    }
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    String text = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    tickets.put(text, new Ticket(visitor, now));
    return text;
  }

  /** Whose ticket it is; empty if it is none, or used, or old. */
  synchronized Optional<Visitor> take(String text) {
    long now = nanos.getAsLong();
    return Optional.ofNullable(tickets.remove(text))
        .filter(ticket -> !isOld(ticket, now))
        .map(Ticket::visitor);
  }

  private static boolean isOld(Ticket ticket, long now) {
    return now - ticket.given() >= LIFE;
  }
}
