package org.batchengine.store.rules;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.batchengine.limit.Limit;
import org.batchengine.limit.Limit.Breaker;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.Reason;
import org.batchengine.store.Rehearsal;
import org.batchengine.store.StoredLimit;
import org.jspecify.annotations.Nullable;

/**
 * Why a batch is not done, made of what a store found in one snapshot. What a person must do comes
 * first.
 */
public final class Explanation {
  private final Batch batch;
  private final Nodes nodes;
  private final List<Place> places;
  private final List<Reason> forPersons = new ArrayList<>();
  private final List<Reason> others = new ArrayList<>();

  private Explanation(Batch batch, Nodes nodes, List<Place> places) {
    this.batch = batch;
    this.nodes = nodes;
    this.places = places;
  }

  /**
   * The batch itself.
   *
   * @param unsettled the number of its items that have no outcome
   * @param reason why it is in its state, if somebody said so
   * @param budget how much of its budget it has used up; null: it has none
   * @param isReopening whether failed items of it are being taken up
   * @param isRehearsing whether its chunks wait for its rehearsal to be confirmed
   * @param waitsFor for how many batches it waits
   * @param others some of these
   * @param fillsFrom the batch that items are still to be copied from; null: none
   */
  public record Batch(
      String type,
      boolean isSequential,
      BatchState state,
      long unsettled,
      @Nullable String reason,
      @Nullable Instant deadlineAt,
      @Nullable BudgetUse budget,
      boolean isReopening,
      boolean isRehearsing,
      long waitsFor,
      List<BatchId> others,
      @Nullable BatchId fillsFrom) {

    /** How many ids of others are named. */
    public static final int MOST_OTHERS = 3;

    /** {@return the same batch, which waits for others, or is made of another one} */
    public Batch waitingFor(long batches, List<BatchId> some, @Nullable BatchId madeOf) {
      return new Batch(
          type,
          isSequential,
          state,
          unsettled,
          reason,
          deadlineAt,
          budget,
          isReopening,
          isRehearsing,
          batches,
          some,
          madeOf);
    }

    /** {@return the same batch, which has used up so much} */
    public Batch with(@Nullable BudgetUse used) {
      return new Batch(
          type,
          isSequential,
          state,
          unsettled,
          reason,
          deadlineAt,
          used,
          isReopening,
          isRehearsing,
          waitsFor,
          others,
          fillsFrom);
    }

    boolean isFilling() {
      return fillsFrom != null;
    }
  }

  /**
   * The nodes that matter to it.
   *
   * @param submitter the name of the one that is submitting it; null: none, or it is gone
   * @param areAny whether any live session works on any type
   * @param areOnType whether one works on the batch's type
   * @param isBehind whether chunks of its type with a higher priority are due and unowned
   * @param bounds the limits of its type, its tenant and itself
   */
  public record Nodes(
      @Nullable String submitter,
      boolean areAny,
      boolean areOnType,
      boolean isBehind,
      List<Bound> bounds) {}

  /**
   * A limit, and what of it keeps calls from beginning.
   *
   * @param heldUntil null: calls may begin
   * @param heldReason why not, if somebody said so
   * @param isTripped whether its breaker has tripped and not closed since
   */
  public record Bound(
      StoredLimit limit,
      @Nullable Instant heldUntil,
      @Nullable String heldReason,
      boolean isTripped) {}

  /**
   * Items in the same kind of place, all due or all not, and with the same owner.
   *
   * @param kind why they are parked; null: they are in chunks
   * @param dueAt when the first of them is due; null if they are owned
   */
  public record Place(
      @Nullable ParkedKind kind,
      long items,
      boolean isDue,
      @Nullable Instant dueAt,
      @Nullable Owner owner) {}

  /**
   * The session that owns items.
   *
   * @param node its name; null if the session does not exist
   * @param isLive whether its expiry has not passed
   */
  public record Owner(long session, @Nullable String node, boolean isLive) {}

  /** {@return the reasons; none if the batch has ended} */
  public static List<Reason> of(Batch batch, Nodes nodes, List<Place> places) {
    return batch.state().isTerminal() ? List.of() : new Explanation(batch, nodes, places).reasons();
  }

  private List<Reason> reasons() {
    if (batch.state() == BatchState.SUBMITTING) {
      submitting();
      return others;
    }
    unowned();
    owned();
    long placed = places.stream().mapToLong(Place::items).sum();
    long missing = batch.unsettled() - placed;
    if (missing > 0 && !batch.isFilling()) {
      add(
          "MISSING",
          missing,
          "is",
          "are",
          "nowhere, because rows were lost; the engine restores them");
    }
    if (forPersons.isEmpty() && others.isEmpty()) { // at most a chunk of which no item is open
      if (batch.isReopening()) {
        add("REOPENING", "failed items are being taken up again");
      } else {
        add("ENDING", "all items are settled, and the batch is about to end");
      }
    }
    Instant deadline = batch.deadlineAt();
    if (deadline != null && batch.state() != BatchState.STOPPING) {
      others.add(
          reason("DEADLINE_AT", "it fails unless it has ended by " + deadline, 0, deadline, null));
    }
    forPersons.addAll(others);
    return forPersons;
  }

  private void submitting() {
    String node = nodes.submitter();
    others.add(
        node == null
            ? reason(
                "SUBMITTER_GONE",
                "whoever submitted it is gone before the last item; it will be removed",
                batch.unsettled(),
                null,
                null)
            : reason(
                "SUBMITTING",
                "node %s is still submitting it: %s so far"
                    .formatted(node, number(batch.unsettled(), "item", "items")),
                batch.unsettled(),
                null,
                node));
  }

  // --- Items that nobody owns ---

  private void unowned() {
    long all =
        batch.isFilling()
            ? batch.unsettled()
            : places.stream().filter(place -> place.owner() == null).mapToLong(Place::items).sum();
    if (batch.state() == BatchState.PAUSED && isRehearsed()) {
      person(
          "REHEARSED",
          all,
          "waits",
          "wait",
          "until somebody resumes the batch, which confirms its rehearsal, or cancels it");
    } else if (batch.state() == BatchState.PAUSED && !isDone()) {
      paused(all);
    } else if (batch.state() == BatchState.STOPPING) {
      if (all > 0) {
        add(
            "STOPPING",
            all,
            "will be cancelled",
            "will be cancelled",
            "because the batch is stopping" + why());
      }
    } else {
      due();
      later();
    }
  }

  private void paused(long items) {
    if (Asking.BREAKER.equals(batch.reason())) {
      String what = "until somebody resumes the batch, of which too many attempts failed alike";
      person("BREAKER", items, "waits", "wait", what);
      return;
    }
    BudgetUse budget = batch.budget();
    if (budget == null || !budget.isUsedUp()) {
      person("PAUSED", items, "waits", "wait", "until somebody resumes the batch" + why());
    } else {
      person(
          "BUDGET",
          items,
          "waits",
          "wait",
          "until somebody raises the budget and resumes the batch, which has come to %s"
              .formatted(budget.text()));
    }
  }

  /** Then it ends by itself, paused or not. */
  private boolean isDone() {
    return places.isEmpty() && batch.unsettled() == 0 && !batch.isFilling();
  }

  private boolean isRehearsed() {
    return batch.isRehearsing() && Rehearsal.REHEARSED.equals(batch.reason());
  }

  private String why() {
    return batch.reason() == null ? "" : ": " + batch.reason();
  }

  private void due() {
    long chunks = sum(null, true);
    long retries = sum(ParkedKind.RETRY, true);
    long suspects = sum(ParkedKind.SUSPECT, true);
    long all = chunks + retries + suspects;
    if (all == 0) {
      return;
    }
    if (!nodes.areAny()) {
      person("NO_NODE", all, "is", "are", "due, but no started engine is connected");
      return;
    }
    if (!nodes.areOnType()) {
      person(
          "NO_NODE_FOR_TYPE",
          all,
          "is",
          "are",
          "due, but no started engine has registered the type \"%s\"".formatted(batch.type()));
      return;
    }
    long ready = chunks + retries;
    if (batch.isSequential() && chunks > 0 && isHeldUp()) {
      add(
          "SEQUENTIAL_AT",
          chunks,
          "waits",
          "wait",
          "for the item before: the batch runs one item at a time");
      ready = retries;
    }
    if (ready > 0 && nodes.isBehind()) {
      add("BEHIND", ready, "waits", "wait", "for a free worker, behind work of a higher priority");
    } else if (ready > 0) {
      ready(ready);
    }
    if (suspects > 0) {
      add(
          "SUSPECTS",
          suspects,
          "waits to run alone, because it",
          "wait to run alone, because each",
          "may have taken its process down");
    }
  }

  private void ready(long items) {
    for (Bound bound : nodes.bounds()) {
      String of = bound.limit().name().scope().name().toLowerCase(Locale.ROOT);
      Limit limit = bound.limit().limit();
      if (!bound.limit().heldFor().isZero()) {
        held(bound, of, items);
        return;
      }
      if (limit.breaker().isPresent() && bound.isTripped()) {
        String what =
            "until %d calls have shown whether the %s works again, since its breaker tripped";
        add("TRIAL", items, "waits", "wait", what.formatted(Breaker.TRIAL_CALLS, of));
        return;
      }
      if (limit.rate().isPresent() || limit.running().isPresent()) {
        String code = limit.rate().isPresent() ? "RATE" : "PLACES";
        String what = "for a free worker and a place under the limit \"%2$s\" of the %1$s";
        add(code, items, "waits", "wait", what.formatted(of, limit));
        return;
      }
    }
    add("READY", items, "waits", "wait", "for a free worker");
  }

  private void held(Bound bound, String of, long items) {
    String left = bound.limit().heldFor().truncatedTo(ChronoUnit.MILLIS).toString();
    String code = bound.isTripped() ? "BREAKER" : "HELD";
    String what = "until the hold on the %s ends, in %s".formatted(of, left);
    String why = bound.isTripped() && bound.heldReason() != null ? ": " + bound.heldReason() : "";
    String text = said(items, "waits", "wait", what + why);
    others.add(reason(code, text, items, bound.heldUntil(), null));
  }

  /** Whether an item of a sequential batch comes before what is in its chunks. */
  private boolean isHeldUp() {
    return places.stream().anyMatch(place -> place.owner() != null || place.kind() != null);
  }

  private void later() {
    long waiting = places.stream().filter(Explanation::isWaiting).mapToLong(Place::items).sum();
    if (batch.isRehearsing()) {
      add("REHEARSING", waiting, "waits", "wait", "until the others have run as a rehearsal");
    } else if (waiting > 0 || batch.waitsFor() > 0) {
      add("WAITS_FOR_BATCH", waiting, "waits", "wait", others());
    } else if (batch.isFilling()) {
      add(
          "FILLING",
          batch.unsettled(),
          "was",
          "were",
          "copied from batch " + batch.fillsFrom() + " so far");
    }
    later("NOT_DUE", "to begin, from ", place -> place.kind() == null && !isWaiting(place));
    later(
        "RETRY_AT",
        "for another attempt, from ",
        place -> place.kind() == ParkedKind.RETRY || place.kind() == ParkedKind.SUSPECT);
    first(
        "DEFERRED",
        place -> place.kind() == ParkedKind.DEFERRED,
        bound -> "to be settled from outside, the first until %s at most".formatted(bound));
  }

  private static boolean isWaiting(Place place) {
    return place.owner() == null && HeldChunks.NEVER.equals(place.dueAt());
  }

  private String others() {
    if (batch.waitsFor() == 0) {
      return "for the next look at other batches, which have ended";
    }
    String ids = batch.others().stream().map(BatchId::toString).collect(Collectors.joining(", "));
    String more = batch.waitsFor() > batch.others().size() ? " and others" : "";
    return "for " + number(batch.waitsFor(), "batch: ", "batches: ") + ids + more;
  }

  private void later(String code, String what, Predicate<Place> which) {
    first(code, place -> !place.isDue() && which.test(place), at -> what + at + " on");
  }

  /** Those that nobody owns, with when the first of them is due. */
  private void first(String code, Predicate<Place> which, Function<Instant, String> what) {
    List<Place> later =
        places.stream().filter(place -> place.owner() == null && which.test(place)).toList();
    long items = later.stream().mapToLong(Place::items).sum();
    later.stream()
        .flatMap(place -> Stream.ofNullable(place.dueAt()))
        .min(Comparator.naturalOrder())
        .ifPresent(
            first ->
                others.add(
                    reason(
                        code,
                        said(items, "waits", "wait", what.apply(first)),
                        items,
                        first,
                        null)));
  }

  private long sum(@Nullable ParkedKind kind, boolean isDue) {
    return places.stream()
        .filter(place -> place.owner() == null && place.kind() == kind && place.isDue() == isDue)
        .mapToLong(Place::items)
        .sum();
  }

  // --- Items that somebody owns ---

  private void owned() {
    Map<Long, Long> items = new TreeMap<>();
    Map<Long, Owner> owners = new TreeMap<>();
    for (Place place : places) {
      Owner owner = place.owner();
      if (owner != null) {
        owners.put(owner.session(), owner);
        items.merge(owner.session(), place.items(), Long::sum);
      }
    }
    owners.forEach((session, owner) -> owned(owner, items.getOrDefault(session, 0L)));
  }

  private void owned(Owner owner, long items) {
    String name = owner.node() == null ? "a node" : "node " + owner.node();
    String has = name + " has " + number(items, "item", "items") + " in hand";
    others.add(
        owner.isLive()
            ? reason("RUNNING_ON", has, items, null, owner.node())
            : reason(
                "NODE_LOST",
                has + " and does not answer any more; others take over",
                items,
                null,
                owner.node()));
  }

  // --- In words ---

  private void person(String code, long items, String one, String many, String what) {
    String text = said(items, one, many, what);
    forPersons.add(new Reason(code, text, items, Optional.empty(), Optional.empty(), true));
  }

  private void add(String code, long items, String one, String many, String what) {
    others.add(reason(code, said(items, one, many, what), items, null, null));
  }

  private void add(String code, String text) {
    others.add(reason(code, text, 0, null, null));
  }

  private static Reason reason(
      String code, String text, long items, @Nullable Instant until, @Nullable String node) {
    return new Reason(
        code, text, items, Optional.ofNullable(until), Optional.ofNullable(node), false);
  }

  private static String said(long items, String one, String many, String what) {
    return number(items, "item " + one, "items " + many) + " " + what;
  }

  private static String number(long items, String one, String many) {
    return items + " " + (items == 1 ? one : many);
  }
}
