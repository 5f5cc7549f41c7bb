package org.batchengine.engine.settle;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.batchengine.engine.loop.Monitor;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.session.SessionKeeper;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.engine.verdict.Verdicts;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.FencedException;
import org.batchengine.store.LockedRow;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.SettleStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what workers hand over: everything that has arrived since the last commit goes into one
 * settlement.
 *
 * <ol>
 *   <li>Settlements of a session are numbered from 1. The content of a number never changes, and it
 *       is sent until the store answers: applied now or applied before, which mean the same.
 *   <li>A settlement that the store refuses is halved until the culprit is alone. Before a number
 *       gets another content, an empty settlement burns it. If the store says that the number was
 *       applied before, then the one that was sent without an answer was applied; if both were sent
 *       so, the session is given up.
 *   <li>A settlement that meets rows which others have locked is not waited for: the store says
 *       which rows these are, the number is burnt in the same way, and the rest goes on without
 *       what needs them ({@link LeftOut}).
 *   <li>A verdict of a session that is gone is dropped: its item belongs to others.
 *   <li>A commit has {@link Consequences}. They and settlements take turns.
 * </ol>
 */
public final class Settler implements Step {
  private static final Logger log = LoggerFactory.getLogger(Settler.class);

  private final SettleStore store;
  private final SessionKeeper sessions;
  private final SettlementQueue queue;
  private final Map<String, Verdicts> verdicts;
  private final Consequences consequences;
  private final Monitor monitor;

  private final Deque<SettlementGroup> groups = new ArrayDeque<>();
  private final LeftOut leftOut;
  private @Nullable Session numbered;
  private long number;

  /**
   * A settler that has settled nothing.
   *
   * @param verdicts the rules of each type
   */
  public Settler(
      SettleStore store,
      SessionKeeper sessions,
      SettlementQueue queue,
      Map<String, Verdicts> verdicts,
      Consequences consequences,
      Monitor monitor) {
    this.store = store;
    this.sessions = sessions;
    this.queue = queue;
    this.verdicts = verdicts;
    this.consequences = consequences;
    this.monitor = monitor;
    leftOut = new LeftOut(store, queue, monitor);
  }

  @Override
  public String name() {
    return "settling";
  }

  @Override
  public boolean runOnce() {
    if (consequences.runOnce(groups.isEmpty() && queue.isEmpty())) {
      return true;
    }
    if (leftOut.isDue()) {
      leftOut.takeFree().ifPresent(free -> groups.addAll(free.parts()));
      return true;
    }
    if (groups.isEmpty()) {
      collect();
    }
    SettlementGroup group = groups.peek();
    if (group == null) {
      return false;
    }
    settle(group);
    consequences.haveTheirTurn();
    return true;
  }

  @Override
  public long idleNanos() {
    return Math.min(leftOut.untilDue(), consequences.untilDue());
  }

  /**
   * Settles all that was handed over, for an engine that closes.
   *
   * @return whether nothing is left that waits for rows which others have locked
   */
  public boolean settleRest() {
    leftOut.hurry();
    boolean more = true;
    while (more) {
      more = runOnce();
    }
    return leftOut.isEmpty();
  }

  private void collect() {
    queue
        .take()
        .ifPresent(
            group -> {
              long now = monitor.now();
              group.ran().forEach((batch, items) -> batch.rate().add(items, now));
              groups.add(group);
            });
  }

  private void settle(SettlementGroup group) {
    Session session = group.session();
    if (session.isGone()) {
      forget(group);
      return;
    }
    if (session != numbered) {
      numbered = session;
      number = 0;
    }
    if (group.mustAsk()) {
      group.asked(store.lockedBy(group.settlement(number + 1)));
      return;
    }
    boolean isAppliedNow;
    long asked = monitor.now();
    try {
      isAppliedNow = store.settle(group.settlement(number + 1));
    } catch (FencedException e) {
      sessions.fenced(session);
      forget(group);
      return;
    } catch (RefusedSettlementException e) {
      group.refused(e);
      return;
    } catch (RowsLockedException e) {
      if (!group.metLock()) {
        // Nothing that it settles is locked: its session is, or a table.
        monitor.locked().met(LockedRow.session(session.id()));
        monitor.pulse().failed(e);
        throw e;
      }
      return;
    } catch (IllegalStateException e) {
      monitor.pulse().failed(e);
      giveUpSession(group, "a settlement met rows that must not exist", e);
      return;
    } catch (RuntimeException e) {
      group.isInDoubt();
      monitor.pulse().failed(e);
      throw e;
    }
    number++;
    monitor.pulse().succeeded();
    answered(group, isAppliedNow, monitor.now() - asked);
  }

  private void answered(SettlementGroup group, boolean isAppliedNow, long took) {
    RefusedSettlementException refused = group.refused();
    if (!group.isBurning()) {
      applied(group, took);
    } else if (isAppliedNow || !group.isContentInDoubt()) {
      groups.remove();
      if (refused != null) {
        replace(group, refused);
      } else {
        leaveOut(group);
      }
    } else if (!group.isBurningInDoubt()) {
      applied(group, took);
    } else {
      giveUpSession(group, "a settlement was applied, but its content is unknown", refused);
    }
  }

  /** Called once an empty settlement has burnt the number of what met locked rows. */
  private void leaveOut(SettlementGroup group) {
    SettlementGroup rest = group.without(group.locked());
    if (rest.items() > 0) {
      groups.addFirst(rest);
    }
    group.only(group.locked()).ifPresent(part -> leftOut.add(part, group.locked()));
  }

  private void applied(SettlementGroup group, long took) {
    groups.remove();
    queue.done(group); // first: its consequences look for work, which needs the room
    consequences.of(group, took);
  }

  /** Called once an empty settlement has burnt the number of the refused content. */
  private void replace(SettlementGroup group, RefusedSettlementException refused) {
    List<ItemVerdict> all = group.verdicts();
    if (all.size() > 1) {
      List<SettlementGroup> halves = group.halves();
      groups.addFirst(halves.get(1));
      groups.addFirst(halves.get(0));
    } else if (all.isEmpty() || group.isReplacement() || all.get(0).isWritten()) {
      giveUpSession(group, "the store refuses even an empty settlement", refused);
    } else if (refused.isDuplicate()) {
      dropDuplicate(group, all.get(0), refused);
    } else {
      ItemVerdict culprit = all.get(0);
      String type = culprit.item().batch().header().type();
      Verdicts rules = Objects.requireNonNull(verdicts.get(type), type);
      insteadOf(
          group, group.replacedBy(rules.refused(culprit, String.valueOf(refused.getMessage()))));
    }
  }

  /**
   * A fault of the protocol, which must never happen: the outcome in the store is kept, and the
   * batch is paused until somebody has looked at it.
   */
  private void dropDuplicate(
      SettlementGroup group, ItemVerdict verdict, RefusedSettlementException refused) {
    log.error(
        "item {} was already settled; its outcome is kept, and its batch is paused",
        verdict.item().idempotencyKey(),
        refused);
    consequences.duplicate(verdict);
    insteadOf(group, group.withoutVerdict());
  }

  private void insteadOf(SettlementGroup group, SettlementGroup instead) {
    queue.replaced(group, instead);
    groups.addFirst(instead);
  }

  private void giveUpSession(SettlementGroup group, String why, @Nullable RuntimeException cause) {
    log.error("{}; session {} is given up", why, group.session().id(), cause);
    group.session().giveUp();
    forget(group);
  }

  private void forget(SettlementGroup group) {
    groups.remove(group);
    queue.done(group);
  }
}
