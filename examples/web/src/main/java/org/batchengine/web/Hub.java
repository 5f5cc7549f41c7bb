package org.batchengine.web;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.batchengine.BatchEngine;
import org.batchengine.Batches;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells all clients of a servlet what happens to batches, on whichever node: reads the feed by
 * position, once for all of them, and once a second the progress that somebody hears of. One thread
 * runs it. While there is no client, it does nothing.
 *
 * <p>A client goes on at its own position up to that of the hub, and from then on with the others.
 * So it hears every event once.
 */
final class Hub implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Hub.class);
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final int EVENTS_AT_ONCE = 1_000;
  private static final long NOWHERE = -1;

  /** Rounds begin at most so often, however often the hub is woken. */
  private static final long LONGEST_END = 1_000;

  private static final long MILLIS_BETWEEN = 20;

  private final BatchEngine engine;
  private final Audience audience;
  private final Watch watch;
  private final Semaphore woken = new Semaphore(0);
  private volatile boolean isClosed;

  private final Thread runner = Audience.daemon(this::loop);

  /** Of the thread that runs this, as what follows. */
  private long position = NOWHERE;

  private long nextLook;

  Hub(BatchEngine engine, LongSupplier nanos) {
    this.engine = engine;
    audience = new Audience(nanos);
    watch = new Watch(engine, audience);
  }

  Audience audience() {
    return audience;
  }

  /** Begins to run on a thread of its own. */
  void start() {
    runner.start();
  }

  /** There is something to be done. */
  void wake() {
    if (woken.availablePermits() == 0) {
      woken.release();
    }
  }

  private void loop() {
    boolean isFailing = false;
    while (!isClosed) {
      try {
        runOnce();
        isFailing = false;
      } catch (RuntimeException e) {
        if (!isFailing && !isClosed) {
          log.warn("clients hear nothing until the batches can be read again", e);
        }
        isFailing = true;
      }
      try {
        rest();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void rest() throws InterruptedException {
    if (audience.isEmpty()) {
      woken.acquire();
    } else if (woken.tryAcquire(1, TimeUnit.SECONDS)) {
      Thread.sleep(MILLIS_BETWEEN);
    }
    woken.drainPermits();
  }

  /**
   * One round. If it throws, nothing is lost: the next one does what this one has not.
   *
   * @throws RuntimeException if the store cannot be read
   */
  void runOnce() {
    if (audience.isEmpty()) {
      position = NOWHERE;
      watch.forget();
      return;
    }
    try {
      readOn();
      begin();
      if (audience.now() - nextLook >= 0) {
        nextLook = audience.now() + SECOND;
        watch.look();
      }
    } finally {
      audience.beat(position);
    }
  }

  private void readOn() {
    long end = engine.feed().end();
    if (position == NOWHERE) {
      position = end;
      nextLook = audience.now();
    }
    if (position > end) { // a store that was restored is behind
      position = end;
      missed();
    }
    while (position < end) {
      FeedPage page = engine.feed().read(position, EVENTS_AT_ONCE);
      List<FeedEvent> events = page.events();
      Map<BatchId, Optional<BatchJob>> jobs = new HashMap<>();
      events.forEach(event -> jobs.computeIfAbsent(event.batchId(), engine::find));
      position = page.position(); // what follows does not fail
      if (page.isTruncated()) {
        missed();
      }
      for (FeedEvent event : events) {
        BatchJob job = jobs.getOrDefault(event.batchId(), Optional.empty()).orElse(null);
        watch.happened(event, job);
        for (Message message : Message.all(event, job)) {
          audience.tell(client -> client.hears(event.tenant(), event.batchId()), message);
        }
      }
    }
  }

  private void missed() {
    watch.forget();
    audience.tell(Client::hears, Message.resync(position));
  }

  /** Begins with all clients that have said what they want to hear. */
  private void begin() {
    for (Client client : audience.all()) {
      Interest asked = client.asked();
      if (asked != null) {
        begin(client, asked);
      }
    }
  }

  private void begin(Client client, Interest asked) {
    Batches batches = client.visitor().view(engine);
    long since = Optional.ofNullable(asked.since()).orElse(position);
    List<Message> first = new ArrayList<>();
    first.add(Message.hello(since));
    first.addAll(since == position ? List.of() : missedBy(batches, asked, since));
    List<BatchJob> jobs = watched(batches, asked, first);
    jobs.forEach(job -> first.add(Message.progress(job)));
    client.begins(asked); // what follows does not fail
    first.forEach(message -> audience.tell(client, message));
    jobs.forEach(job -> watch.begin(job, asked.items()));
  }

  /** What happened after a position up to that of the hub, or that this is too much. */
  private List<Message> missedBy(Batches batches, Interest asked, long since) {
    List<Message> tooMuch = List.of(Message.resync(position));
    if (since > position) {
      return tooMuch; // a position of another store
    }
    FeedPage page = batches.feed().read(since, EVENTS_AT_ONCE);
    if (page.isTruncated() || page.position() < position) {
      return tooMuch;
    }
    Map<BatchId, Optional<BatchJob>> jobs = new HashMap<>();
    List<Message> messages = new ArrayList<>();
    long characters = 0;
    for (FeedEvent event : page.events()) {
      if (event.position() <= position && asked.includes(event.batchId())) {
        BatchJob job = jobs.computeIfAbsent(event.batchId(), batches::find).orElse(null);
        for (Message message : Message.all(event, job)) {
          messages.add(message);
          characters += message.json().length();
        }
      }
      if (characters > Client.MOST_CHARACTERS / 2) {
        return tooMuch;
      }
    }
    return messages;
  }

  /** The batches as they are, the newest last; that others are not there goes to the messages. */
  private static List<BatchJob> watched(Batches batches, Interest asked, List<Message> messages) {
    List<BatchJob> jobs = new ArrayList<>();
    if (asked.batches() == null) {
      jobs.addAll(Watch.live(batches));
      Collections.reverse(jobs);
      return jobs;
    }
    for (BatchId id : asked.batches()) {
      batches.find(id).ifPresentOrElse(jobs::add, () -> messages.add(Message.gone(id.toString())));
    }
    return jobs;
  }

  /** Ends all clients. */
  @Override
  public void close() {
    isClosed = true;
    audience.close();
    wake();
    try {
      runner.join(LONGEST_END); // containers complain of threads that outlive a servlet
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
