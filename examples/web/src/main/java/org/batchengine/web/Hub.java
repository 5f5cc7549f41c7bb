package org.batchengine.web;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.batchengine.BatchEngine;
import org.batchengine.Batches;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.jspecify.annotations.Nullable;
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
  static final int MOST_OF_A_VISITOR = 20;

  private static final Logger log = LoggerFactory.getLogger(Hub.class);
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final long HEARTBEAT = Duration.ofSeconds(Message.HEARTBEAT_SECONDS).toNanos();
  private static final int EVENTS_AT_ONCE = 1_000;
  private static final long NOWHERE = -1;

  /** Rounds begin at most so often, however often the hub is woken. */
  private static final long MILLIS_BETWEEN = 20;

  private static final HistoryQuery LIVE =
      HistoryQuery.all()
          .state(
              BatchState.SUBMITTING,
              BatchState.PENDING,
              BatchState.RUNNING,
              BatchState.PAUSED,
              BatchState.STOPPING)
          .limit(100);

  private final BatchEngine engine;
  private final LongSupplier nanos;
  private final List<Client> clients = new CopyOnWriteArrayList<>();
  private final Semaphore woken = new Semaphore(0);
  private final ExecutorService closing = Executors.newCachedThreadPool(Hub::daemon);
  private volatile boolean isClosed;

  /** Of the thread that runs this, as what follows. */
  private long position = NOWHERE;

  private long nextLook;
  private final Map<BatchId, Told> told = new HashMap<>();

  /** Batches that have ended or gone, until something happens to them. */
  private final Set<BatchId> still = new HashSet<>();

  private final Map<BatchId, Failures> failures = new HashMap<>();

  /**
   * What was told of a batch.
   *
   * @param counts of its items
   * @param state its state
   */
  private record Told(BatchCounts counts, BatchState state) {
    static Told of(BatchJob job) {
      return new Told(job.counts(), job.state());
    }
  }

  Hub(BatchEngine engine, LongSupplier nanos) {
    this.engine = engine;
    this.nanos = nanos;
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "batch-events");
    thread.setDaemon(true);
    return thread;
  }

  /** Begins to run on a thread of its own. */
  void start() {
    daemon(this::loop).start();
  }

  LongSupplier nanos() {
    return nanos;
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
      log.debug("a client is left to its container, as the service closes");
    }
  }

  int size() {
    return clients.size();
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
    if (clients.isEmpty()) {
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
    if (clients.isEmpty()) {
      position = NOWHERE;
      told.clear();
      still.clear();
      failures.clear();
      return;
    }
    beat();
    readOn();
    begin();
    if (nanos.getAsLong() - nextLook >= 0) {
      look();
      nextLook = nanos.getAsLong() + SECOND;
    }
  }

  private void beat() {
    long now = nanos.getAsLong();
    for (Client client : clients) {
      if (now - client.lastTold() >= HEARTBEAT) {
        tell(client, Message.ping(client.hears() && position != NOWHERE ? position : null));
      }
    }
  }

  private void readOn() {
    long end = engine.feed().end();
    if (position == NOWHERE) {
      position = end;
      nextLook = nanos.getAsLong();
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
      List<Message> messages = new ArrayList<>();
      events.forEach(event -> messages.add(Message.of(event, of(event, jobs))));
      position = page.position(); // what follows does not fail
      if (page.isTruncated()) {
        missed();
      }
      for (int i = 0; i < events.size(); i++) {
        happened(events.get(i), of(events.get(i), jobs), messages.get(i));
      }
    }
  }

  private static @Nullable BatchJob of(FeedEvent event, Map<BatchId, Optional<BatchJob>> jobs) {
    return jobs.getOrDefault(event.batchId(), Optional.empty()).orElse(null);
  }

  private void missed() {
    told.clear();
    still.clear();
    Message resync = Message.resync(position);
    clients.stream().filter(Client::hears).forEach(client -> tell(client, resync));
  }

  private void happened(FeedEvent event, @Nullable BatchJob job, Message message) {
    BatchId id = event.batchId();
    still.remove(id);
    if (job != null && hearsItems(event.tenant(), id)) {
      Failures batch =
          failures.computeIfAbsent(id, absent -> new Failures(event.happenedAt(), 0));
      if (event.kind().isEnd()) {
        try {
          tellFailures(job, batch);
        } catch (RuntimeException e) {
          log.debug("the failed items of a batch are read later", e);
        }
      }
    }
    tell(client -> client.hears(event.tenant(), id), message);
  }

  /** Begins with all clients that have said what they want to hear. */
  private void begin() {
    for (Client client : clients) {
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
    List<BatchJob> jobs = new ArrayList<>();
    for (BatchJob job : watched(batches, asked, first)) {
      jobs.add(job);
      first.add(Message.progress(job));
    }
    client.begins(asked); // what follows does not fail
    first.forEach(message -> tell(client, message));
    for (BatchJob job : jobs) {
      told.putIfAbsent(job.id(), Told.of(job));
      if (asked.items() && !job.isTerminal()) {
        failures.computeIfAbsent(
            job.id(), absent -> new Failures(job.asOf(), job.counts().failed()));
      }
    }
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
        Message message = Message.of(event, job);
        messages.add(message);
        characters += message.json().length();
      }
      if (characters > Client.MOST_CHARACTERS / 2) {
        return tooMuch;
      }
    }
    return messages;
  }

  /** The batches as they are, the newest last; those that are not there go to the messages. */
  private static List<BatchJob> watched(Batches batches, Interest asked, List<Message> messages) {
    List<BatchJob> jobs = new ArrayList<>();
    if (asked.batches() == null) {
      jobs.addAll(batches.history(LIVE).items());
      Collections.reverse(jobs);
      return jobs;
    }
    for (BatchId id : asked.batches()) {
      batches
          .find(id)
          .ifPresentOrElse(jobs::add, () -> messages.add(Message.gone(id.toString())));
    }
    return jobs;
  }

  /** Tells progress and failed items of all live batches that somebody hears of. */
  private void look() {
    Map<BatchId, BatchJob> jobs = new LinkedHashMap<>();
    Set<Optional<String>> tenants = new HashSet<>();
    Set<BatchId> single = new HashSet<>();
    for (Client client : clients) {
      Interest interest = client.interest();
      if (interest == null) {
        continue;
      }
      if (interest.batches() != null) {
        single.addAll(interest.batches());
      } else if (tenants.add(client.visitor().tenant())) {
        client.visitor().view(engine).history(LIVE).items().forEach(job -> jobs.put(job.id(), job));
      }
    }
    failures.forEach(
        (id, batch) -> {
          if (batch.isUnfinished()) {
            single.add(id);
            still.remove(id);
          }
        });
    for (BatchId id : single) {
      if (!jobs.containsKey(id) && !still.contains(id)) {
        engine.find(id).ifPresentOrElse(job -> jobs.put(id, job), () -> still.add(id));
      }
    }
    jobs.values().forEach(this::look);
    told.keySet().retainAll(jobs.keySet());
    still.retainAll(single);
    failures
        .keySet()
        .removeIf(
            id -> {
              BatchJob job = jobs.get(id);
              return job == null || !hearsItems(job.tenant(), id);
            });
  }

  private void look(BatchJob job) {
    BatchId id = job.id();
    if (hearsItems(job.tenant(), id)) {
      Failures batch = failures.get(id);
      if (batch == null && !job.isTerminal()) { // one of more than there is room for
        batch = new Failures(job.asOf(), job.counts().failed());
        failures.put(id, batch);
      }
      if (batch != null) {
        tellFailures(job, batch);
      }
    }
    if (job.isTerminal()) { // its end is in the feed
      still.add(id);
    } else if (!Told.of(job).equals(told.put(id, Told.of(job)))) {
      tell(client -> client.hears(job.tenant(), id), Message.progress(job));
    }
  }

  private void tellFailures(BatchJob job, Failures batch) {
    batch.look(
        job,
        engine,
        item ->
            tell(client -> client.hearsItems(job.tenant(), job.id()), Message.failed(item)));
  }

  private boolean hearsItems(String tenant, BatchId batch) {
    return clients.stream().anyMatch(client -> client.hearsItems(tenant, batch));
  }

  private void tell(Predicate<Client> who, Message message) {
    for (Client client : clients) {
      if (who.test(client)) {
        tell(client, message);
      }
    }
  }

  private void tell(Client client, Message message) {
    if (!client.tell(message, nanos.getAsLong())) {
      cutOff(client, Client.TRY_AGAIN, "too slow: come again, and go on from the last cursor");
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
    woken.release();
  }
}
