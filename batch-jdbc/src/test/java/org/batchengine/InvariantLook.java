package org.batchengine;

import static org.batchengine.SimulatedBatch.Kind.SKIPPED;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.batchengine.SimulatedBatch.Item;
import org.batchengine.SimulatedBatch.Kind;
import org.batchengine.engine.verdict.Verdicts;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.Reason;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;

/** What must hold of the batches of a simulation as they are read: I1, I2, I3, I6 and I7. */
final class InvariantLook {
  /** Losses that it takes to fail an item for its node's deaths. */
  static final int LOSSES = 4;

  /** How outputs begin that come from outside, where nobody writes anything in a transaction. */
  static final String ANSWER = "answer ";

  /** How often items are looked through though nothing tells of a change. */
  private static final int ITEMS_EVERY = 16;

  /** How often each batch is asked why it is not done. */
  private static final int REASONS_EVERY = 8;

  private final Simulation simulation;
  private final SimulatedStore ground;
  private final BatchStore store;
  private final Map<String, SimulatedBatch> batches = new HashMap<>();
  private int looks;
  private int asks;

  /** What a reader of the feed has seen of each batch, and how far it has come. */
  private final Map<BatchId, List<String>> fed = new HashMap<>();

  private long position;

  InvariantLook(Simulation simulation, SimulatedStore ground) {
    this.simulation = simulation;
    this.ground = ground;
    this.store = ground.store();
  }

  Map<String, SimulatedBatch> batches() {
    return batches;
  }

  Optional<SimulatedBatch> find(long number) {
    return batches.values().stream()
        .filter(batch -> batch.id != null && batch.number == number)
        .findFirst();
  }

  /** Live ones of which all items had ended when they were looked at last. */
  List<SimulatedBatch> done() {
    return batches.values().stream()
        .filter(batch -> batch.id != null && !batch.isGone && !batch.state.isTerminal())
        .filter(batch -> !batch.shape.isBooked()) // outcomes come first there, leases go later
        .filter(batch -> batch.counts != null && isDone(batch.counts))
        .filter(batch -> !batch.items.isEmpty() || batch.after.size() + batch.afterEnd.size() == 0)
        .toList();
  }

  private static boolean isDone(BatchCounts counts) {
    return counts.total() == settled(counts);
  }

  private static long settled(BatchCounts counts) {
    return counts.succeeded() + counts.failed() + counts.skipped() + counts.cancelled();
  }

  /** Looks through what has changed, and through all now and then, or if it is asked for. */
  void lookAtBatches(boolean atAll) {
    boolean atItems = atAll || ++looks % ITEMS_EVERY == 0;
    boolean atReasons = atAll || ++asks % REASONS_EVERY == 0;
    for (SimulatedBatch batch : batches.values()) {
      if (batch.id != null && !batch.isGone) {
        lookAt(batch, atItems, atReasons);
      }
    }
  }

  /** Looks for batches whose submit was not answered. */
  void discover() {
    for (BatchJob job : store.reading().history(HistoryQuery.all())) {
      SimulatedBatch batch = job.name().map(batches::get).orElse(null); // what tells has none
      if (batch != null && batch.id == null && !batch.isGone) {
        batch.id = job.id();
        batch.number = store.reading().header(job.id(), null).orElseThrow().number();
      }
    }
  }

  private void lookAt(SimulatedBatch batch, boolean atItems, boolean atReasons) {
    Optional<BatchJob> found = store.reading().find(batch.id, null);
    if (found.isEmpty()) {
      require(batch.mayVanish, () -> "I3 batch " + batch.name + " is gone");
      batch.isGone = true;
      return;
    }
    BatchJob job = found.get();
    BatchState state = job.state();
    if (atReasons) {
      lookAtReasons(job);
    }
    if (state == BatchState.SUBMITTING) {
      return;
    }
    require(job.counts().total() == batch.items.size(), () -> "I2 " + job);
    require(
        !batch.state.isTerminal() || state == batch.state || batch.mayReopen,
        () -> "I7 batch " + batch.name + " was " + batch.state + " and is " + state);
    boolean isAsBefore = state == batch.state && job.counts().equals(batch.counts);
    batch.state = state;
    batch.counts = job.counts();
    if (!isAsBefore || atItems) {
      lookAtItems(batch, job);
      lookAtHistory(batch);
    }
  }

  /** No live batch is without a reason, and they tell of all that is not settled. */
  private void lookAtReasons(BatchJob job) {
    BatchHeader header = store.reading().header(job.id(), null).orElseThrow();
    List<Reason> reasons = store.reading().explain(header);
    require(reasons.isEmpty() == job.isTerminal(), () -> "reasons of " + job + ": " + reasons);
    require(
        reasons.stream().mapToLong(Reason::items).sum() == job.counts().unfinished(),
        () -> "the items of the reasons of " + job + " do not add up: " + reasons);
  }

  private void lookAtItems(SimulatedBatch batch, BatchJob job) {
    BatchHeader header = store.reading().header(job.id(), null).orElseThrow();
    List<BatchItem<String, String>> settled =
        store.reading().settled(header, 0, batch.items.size() + 1);
    BatchCounts counts = job.counts();
    require(settled.size() == settled(counts), () -> "I2 " + settled.size() + " outcomes: " + job);
    require(
        !job.isTerminal() || settled.size() == batch.items.size(),
        () -> "I8 batch " + batch.name + " ended unfinished");
    int next = 0;
    for (Item item : batch.items) {
      BatchItem<String, String> outcome =
          next < settled.size() && settled.get(next).index() == item.index
              ? settled.get(next++)
              : null;
      if (outcome == null) {
        open(item);
      } else if (item.outcome == null) {
        ended(item, outcome);
      } else if (!isSame(item.outcome, outcome)) {
        require(
            item.outcome.state() == ItemState.FAILED && batch.mayReopen,
            () -> "I1 " + item + " ended twice: " + item.outcome + ", " + outcome);
        open(item);
        ended(item, outcome);
      }
    }
  }

  private static boolean isSame(BatchItem<String, String> one, BatchItem<String, String> other) {
    return one.state() == other.state()
        && one.attempts() == other.attempts()
        && one.output().equals(other.output())
        && one.settledAt().equals(other.settledAt());
  }

  private void open(Item item) {
    BatchItem<String, String> before = item.outcome;
    if (before == null) {
      return;
    }
    require(
        before.state() == ItemState.FAILED && item.batch.mayReopen,
        () -> "I3 an outcome is lost: " + item + " was " + before.state());
    item.budgetFrom = before.attempts();
    item.losses = 0;
    item.kills = 0;
    item.outcome = null;
  }

  private void ended(Item item, BatchItem<String, String> outcome) {
    int attempts = outcome.attempts();
    boolean isBooked = item.batch.shape.isBooked();
    List<String> written = isBooked ? ground.written(item.input()) : List.of();
    switch (outcome.state()) {
      case SUCCEEDED -> {
        String output = outcome.output().orElse("");
        require(
            item.returned.getOrDefault(output, 0) == attempts
                || (item.answered.contains(output) && item.deferred.contains(attempts)),
            () -> "I3 " + item + " has the output of no call that may stand: " + output);
        List<String> expected = output.startsWith(ANSWER) ? List.of() : List.of(output);
        require(
            !isBooked || written.equals(expected),
            () -> "I3 " + item + " wrote " + written + ", and its outcome is " + output);
      }
      case SKIPPED -> require(item.kind == SKIPPED, () -> "I1 " + item + " was skipped");
      case CANCELLED ->
          require(
              item.batch.mayStop || waitedInVain(item.batch),
              () -> "I1 " + item + " was cancelled by nobody");
      case FAILED -> failed(item, attempts);
      default -> throw simulation.violated(item + " ended as " + outcome.state(), null);
    }
    require(
        outcome.state() == ItemState.SUCCEEDED || written.isEmpty(),
        () -> "I3 " + item + " ended as " + outcome.state() + " and wrote " + written);
    item.outcome = outcome;
  }

  private void failed(Item item, int attempts) {
    BatchHeader header = store.reading().header(item.batch.id, null).orElseThrow();
    String type =
        store.reading().item(header, item.index).orElseThrow().error().orElseThrow().type();
    boolean isForGood = false;
    switch (type) {
      case "NODE_CRASH" -> {
        isForGood = true;
        require(
            item.losses >= LOSSES,
            () -> "I6 " + item + " failed as NODE_CRASH after " + item.losses + " losses");
      }
      case Verdicts.TIMEOUT -> {
        isForGood = item.givenUp.contains(attempts);
        require(
            item.timedOut.contains(attempts) || item.deferred.contains(attempts),
            () -> "I1 " + item + " was not too slow");
      }
      case Verdicts.REFUSED_BY_STORE -> {
        isForGood = true;
        require(item.kind == Kind.UNKEPT, () -> "I3 " + item + " is refused, and can be kept");
      }
      default ->
          require(
              item.failed.contains(attempts)
                  || (item.batch.shape.isBooked() && type.endsWith("StoreException")),
              () -> "I1 " + item + " failed: " + type);
    }
    require(
        isForGood || attempts - item.budgetFrom == 1 + Simulation.RETRIES,
        () -> "I6 " + item + " failed after " + attempts + " attempts: " + type);
  }

  /** Whether a batch that it waited for has not ended well, or is gone. */
  private boolean waitedInVain(SimulatedBatch batch) {
    lookAtFeed();
    return batch.after.stream()
        .anyMatch(other -> isGone(other) || has(other, "FAILED") || has(other, "CANCELLED"));
  }

  /** An item of the batch is called: what it waits for has come before. */
  void mayBegin(SimulatedBatch batch) {
    if (batch.after.isEmpty() && batch.afterEnd.isEmpty()) {
      return;
    }
    lookAtFeed();
    for (SimulatedBatch other : batch.after) {
      require(
          has(other, "COMPLETED"),
          () -> "M17 " + batch.name + " begins, and " + other.name + " was not completed");
    }
    for (SimulatedBatch other : batch.afterEnd) {
      require(
          isGone(other)
              || fed.getOrDefault(other.id, List.of()).stream().anyMatch(InvariantLook::isEnd),
          () -> "M17 " + batch.name + " begins, and " + other.name + " has not ended");
    }
  }

  private boolean isGone(SimulatedBatch batch) {
    return batch.isGone || store.reading().states(List.of(batch.id)).isEmpty();
  }

  private boolean has(SimulatedBatch batch, String kind) {
    return fed.getOrDefault(batch.id, List.of()).contains(kind);
  }

  /** A batch ends once a run. */
  private void lookAtHistory(SimulatedBatch batch) {
    lookAtFeed();
    List<String> history = ground.history(batch.number);
    require(
        history.equals(fed.getOrDefault(batch.id, List.of())),
        () -> "the feed tells " + fed.get(batch.id) + " of batch " + batch.name + ": " + history);
    boolean ended = false;
    for (String kind : history) {
      boolean isEnd = isEnd(kind);
      require(!(isEnd && ended), () -> "I7 batch " + batch.name + " ended twice in a run");
      ended = isEnd || (ended && !kind.equals("REOPENED"));
    }
    require(
        ended == batch.state.isTerminal(),
        () -> "I7 the end of batch " + batch.name + " is not told");
  }

  private static boolean isEnd(String kind) {
    return kind.equals("COMPLETED") || kind.equals("FAILED") || kind.equals("CANCELLED");
  }

  /** Each run that has ended has one batch that tells of it. */
  void endsAreTold() {
    String type = SimulatedBatch.TOLD.name();
    List<String> keys =
        store.reading().history(HistoryQuery.all().type(type).limit(100)).items().stream()
            .map(job -> job.idempotencyKey().orElseThrow())
            .sorted()
            .toList();
    for (SimulatedBatch batch : batches.values()) {
      if (batch.id != null && !batch.isGone) {
        String prefix = "notify/" + type + "/" + batch.id + "/";
        List<String> told = keys.stream().filter(key -> key.startsWith(prefix)).toList();
        long runs =
            batch.isTold
                ? ground.history(batch.number).stream().filter(InvariantLook::isEnd).count()
                : 0;
        List<String> ended =
            LongStream.rangeClosed(1, runs).mapToObj(run -> prefix + run).sorted().toList();
        require(told.equals(ended), () -> batch.name + " is told by " + told + ", not " + ended);
      }
    }
  }

  /** Positions are 1, 2, 3 and so on, each read once. */
  private void lookAtFeed() {
    FeedPage page = store.feed().read(position, 1_000, null);
    for (FeedEvent event : page.events()) {
      position++;
      require(event.position() == position, () -> "the feed has " + event + " at " + position);
      fed.computeIfAbsent(event.batchId(), id -> new ArrayList<>()).add(event.kind().name());
    }
  }

  private void require(boolean holds, Supplier<String> otherwise) {
    if (!holds) {
      throw simulation.violated(otherwise.get(), null);
    }
  }
}
