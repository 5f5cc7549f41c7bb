package org.batchengine.engine.settle;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.LeaseCut;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.LockedRow;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.Settlement;
import org.jspecify.annotations.Nullable;

/**
 * Verdicts of one session that are settled together, and the state of their settlement. For the
 * settler's thread.
 */
final class SettlementGroup {
  private final Session session;
  private final List<ItemVerdict> verdicts;
  private final List<Lease> empty;
  private final List<LeaseCut> cuts;
  private final long bytes;
  private final boolean isReplacement;

  /** How many verdicts each lease has. */
  private final Map<Lease, Integer> perLease = new LinkedHashMap<>();

  /** How many items of each batch have run. */
  private final Map<LiveBatch, Integer> ran = new HashMap<>();

  /** Where leases are cut. */
  private final Map<Lease, Integer> cutAt = new LinkedHashMap<>();

  /** Leases that give items back. */
  private final Set<Lease> returning = new HashSet<>();

  private @Nullable RefusedSettlementException refused;
  private Set<LockedRow> locked = Set.of();
  private Question question = Question.NONE;
  private boolean contentInDoubt;
  private boolean burningInDoubt;

  /** Whether the store is to say which of its rows others have locked. */
  private enum Question {
    NONE,
    DUE,
    ANSWERED
  }

  /** Verdicts, leases that had no open item, and ends of leases that are given back. */
  SettlementGroup(
      Session session, List<ItemVerdict> verdicts, List<Lease> empty, List<LeaseCut> cuts) {
    this(session, verdicts, empty, cuts, false);
  }

  private SettlementGroup(
      Session session,
      List<ItemVerdict> verdicts,
      List<Lease> empty,
      List<LeaseCut> cuts,
      boolean isReplacement) {
    this.session = session;
    this.verdicts = verdicts;
    this.empty = empty;
    this.cuts = cuts;
    this.bytes = verdicts.stream().mapToLong(ItemVerdict::bytes).sum();
    this.isReplacement = isReplacement;
    for (int from = 0; from < verdicts.size(); ) { // the verdicts of a lease come in runs
      Lease lease = verdicts.get(from).lease();
      int to = from;
      int returned = 0;
      for (; to < verdicts.size() && verdicts.get(to).lease() == lease; to++) {
        returned += verdicts.get(to).isReturned() ? 1 : 0;
      }
      perLease.merge(lease, to - from, Integer::sum);
      if (returned > 0) {
        returning.add(lease);
      }
      if (returned < to - from) {
        ran.merge(lease.batch(), to - from - returned, Integer::sum);
      }
      from = to;
    }
    for (LeaseCut cut : cuts) {
      perLease.merge(cut.lease(), cut.items(), Integer::sum);
      cutAt.merge(cut.lease(), cut.at(), Math::min);
    }
  }

  Session session() {
    return session;
  }

  List<ItemVerdict> verdicts() {
    return verdicts;
  }

  /** The number of its items; a lease without open items counts as one, and so does a cut. */
  int items() {
    return verdicts.size() + empty.size() + cuts.size();
  }

  long bytes() {
    return bytes;
  }

  Map<LiveBatch, Integer> ran() {
    return ran;
  }

  /** Whether it replaces a verdict that the store refused. */
  boolean isReplacement() {
    return isReplacement;
  }

  /** Why the store refused the content; null if it has not. */
  @Nullable RefusedSettlementException refused() {
    return refused;
  }

  void refused(RefusedSettlementException why) {
    refused = why;
  }

  /** Whether the store is to be asked which of its rows others have locked. */
  boolean mustAsk() {
    return question == Question.DUE;
  }

  /**
   * Others have locked what was sent last needs. False if the store has just said that it is none
   * of the rows of this group.
   */
  boolean metLock() {
    boolean isNew = !isBurning() && question == Question.NONE;
    if (!isBurning()) {
      question = Question.DUE;
    }
    return isNew;
  }

  /** The store has said which of its rows others have locked: it goes on without those. */
  void asked(Set<LockedRow> rows) {
    question = Question.ANSWERED;
    locked = rows;
  }

  /** The rows that it goes on without. */
  Set<LockedRow> locked() {
    return locked;
  }

  /** Whether its number is burnt, since its content changes. */
  boolean isBurning() {
    return refused != null || !locked.isEmpty();
  }

  /**
   * What was sent last got no answer: the content or the empty settlement that burns its number.
   */
  void isInDoubt() {
    if (isBurning()) {
      burningInDoubt = true;
    } else {
      contentInDoubt = true;
    }
  }

  /** Whether the content was sent without an answer. */
  boolean isContentInDoubt() {
    return contentInDoubt;
  }

  /** Whether the empty settlement was sent without an answer. */
  boolean isBurningInDoubt() {
    return burningInDoubt;
  }

  /** What to send: the content, or once that is not to be written an empty settlement. */
  Settlement settlement(long number) {
    return isBurning() ? Settlement.burn(session.id(), number) : content(number);
  }

  private Settlement content(long number) {
    List<Settlement.Outcome> outcomes = new ArrayList<>(verdicts.size());
    List<Settlement.Failure> failures = new ArrayList<>();
    List<Settlement.Parking> parkings = new ArrayList<>();
    for (ItemVerdict verdict : verdicts) {
      if (verdict.outcome() != null && !verdict.isWritten()) {
        outcomes.add(verdict.outcome());
      }
      if (verdict.failure() != null) {
        failures.add(verdict.failure());
      }
      if (verdict.parking() != null) {
        parkings.add(verdict.parking());
      }
    }
    List<Settlement.Rate> rates = new ArrayList<>();
    for (LiveBatch batch : ran.keySet()) {
      rates.add(new Settlement.Rate(batch.number(), batch.rate().itemsPerSecond()));
    }
    List<ClaimedChunk> chunks = new ArrayList<>();
    List<ClaimedChunk> returned = new ArrayList<>();
    List<ClaimedItem> returnedItems = new ArrayList<>();
    List<Lease> ending = ending();
    for (Lease lease : ending) {
      ClaimedChunk chunk = lease.chunk();
      boolean isReturned =
          lease.isReturned() || returning.contains(lease) || cutAt.containsKey(lease);
      if (chunk != null) {
        (isReturned ? returned : chunks).add(chunk);
      } else if (isReturned) {
        returnedItems.add(Objects.requireNonNull(lease.parked()));
      }
    }
    return new Settlement(
        session.id(),
        number,
        outcomes,
        failures,
        parkings,
        chunks,
        returned,
        cuts(ending),
        returnedItems,
        rates);
  }

  /**
   * Of leases that go on; one that ends is given back as a whole. What was left out comes late: a
   * deeper cut may have given the same items back.
   */
  private List<Settlement.Cut> cuts(List<Lease> ending) {
    List<Settlement.Cut> all = new ArrayList<>();
    Set<Lease> ended = new HashSet<>(ending);
    cutAt.forEach(
        (lease, at) -> {
          ClaimedChunk chunk = Objects.requireNonNull(lease.chunk());
          if (!ended.contains(lease) && at < chunk.to()) {
            all.add(new Settlement.Cut(chunk, at));
          }
        });
    return all;
  }

  /** The leases that end with it. */
  private List<Lease> ending() {
    List<Lease> ending = new ArrayList<>(empty);
    perLease.forEach(
        (lease, items) -> {
          if (lease.open() == items) {
            ending.add(lease);
          }
        });
    return ending;
  }

  /** The store has applied it: counts its leases down, and returns those that have ended. */
  List<Lease> applied() {
    List<Lease> ended = ending();
    returning.forEach(Lease::returned);
    perLease.forEach(Lease::settled);
    cutAt.keySet().removeAll(ended);
    cutAt.forEach(Lease::cut);
    return ended;
  }

  /** Its verdicts and leases that need none of the rows. */
  SettlementGroup without(Set<LockedRow> rows) {
    return part(lease -> !needs(lease, rows));
  }

  /** Its verdicts and leases that need one of the rows; empty if there are none. */
  Optional<SettlementGroup> only(Set<LockedRow> rows) {
    SettlementGroup part = part(lease -> needs(lease, rows));
    return part.items() == 0 ? Optional.empty() : Optional.of(part);
  }

  private SettlementGroup part(Predicate<Lease> taken) {
    List<ItemVerdict> some = verdicts.stream().filter(each -> taken.test(each.lease())).toList();
    return new SettlementGroup(
        session,
        some,
        empty.stream().filter(taken).toList(),
        cuts.stream().filter(cut -> taken.test(cut.lease())).toList(),
        isReplacement);
  }

  private static boolean needs(Lease lease, Set<LockedRow> rows) {
    long batch = lease.batch().number();
    int index = lease.key().index();
    return rows.contains(
            lease.isParked() ? LockedRow.parked(batch, index) : LockedRow.chunk(batch, index))
        || rows.contains(LockedRow.counters(batch));
  }

  /** Both together, of one session. */
  SettlementGroup with(SettlementGroup more) {
    List<ItemVerdict> all = new ArrayList<>(verdicts);
    all.addAll(more.verdicts);
    List<Lease> allEmpty = new ArrayList<>(empty);
    allEmpty.addAll(more.empty);
    List<LeaseCut> allCuts = new ArrayList<>(cuts);
    allCuts.addAll(more.cuts);
    return new SettlementGroup(session, all, allEmpty, allCuts);
  }

  /** The group in parts that are no larger than a settlement may be. */
  List<SettlementGroup> parts() {
    if (verdicts.size() < 2 || SettlementQueue.fits(verdicts.size(), bytes, failures())) {
      return List.of(this);
    }
    return halves().stream().flatMap(half -> half.parts().stream()).toList();
  }

  private int failures() {
    return (int) verdicts.stream().filter(verdict -> verdict.failure() != null).count();
  }

  /** The two halves of a group; one verdict cannot be halved. */
  List<SettlementGroup> halves() {
    List<ItemVerdict> front = verdicts.subList(0, verdicts.size() / 2);
    List<ItemVerdict> back = verdicts.subList(front.size(), verdicts.size());
    return List.of(
        new SettlementGroup(session, front, List.of(), List.of()),
        new SettlementGroup(session, back, empty, cuts));
  }

  /** The same with another verdict in place of its only one. */
  SettlementGroup replacedBy(ItemVerdict instead) {
    return new SettlementGroup(session, List.of(instead), empty, cuts, true);
  }

  /** The same without its only verdict, which counts as settled. */
  SettlementGroup withoutVerdict() {
    Lease lease = verdicts.get(0).lease();
    lease.settled(1);
    List<Lease> rest = new ArrayList<>(empty);
    if (lease.open() == 0) {
      rest.add(lease);
    }
    return new SettlementGroup(session, List.of(), rest, cuts);
  }
}
