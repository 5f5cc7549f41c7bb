package org.batchengine.engine.claim;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.LeaseCut;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.run.WorkQueue;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.settle.SettlementQueue;
import org.batchengine.engine.verdict.ItemVerdict;

/**
 * Gives back what is claimed and not begun: for other nodes, and for more urgent work. Four times a
 * second it looks for items that would wait longer than a second at the present pace, and for lines
 * of which nothing was taken for two seconds, since others are more urgent or have had less.
 */
public final class GivingBack implements Pass {
  private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long MOST_IDLE = TimeUnit.SECONDS.toNanos(2);

  private final Collection<Workers> workers;
  private final InputLoading loading;
  private final SettlementQueue settlements;
  private final Looking looking;
  private long lookAt;

  /** Nothing waits yet. */
  public GivingBack(
      Collection<Workers> workers,
      InputLoading loading,
      SettlementQueue settlements,
      Looking looking) {
    this.workers = workers;
    this.loading = loading;
    this.settlements = settlements;
    this.looking = looking;
    lookAt = looking.now();
  }

  @Override
  public boolean isDue() {
    return looking.now() - lookAt >= 0;
  }

  /** Makes no call of the store: the settler does. */
  @Override
  public boolean runOnce(Session session) {
    lookAt = looking.now() + LOOK;
    giveBack(MOST_IDLE);
    return true;
  }

  /** Gives back what has waited for so long. */
  public void giveBack(long mostIdleNanos) {
    long now = looking.now();
    for (Workers each : workers) {
      WorkQueue.Idle idle = each.removeIdle(mostIdleNanos, now);
      giveBack(idle.ends());
      settlements.hand(idle.others().stream().map(ItemVerdict::returned).toList());
      if (!idle.ends().isEmpty() || !idle.others().isEmpty()) {
        each.queue().refresh();
      }
    }
    settlements.cut(loading.removeIdle(now - mostIdleNanos));
  }

  /** Items at the end of their leases. */
  private void giveBack(List<WorkItem> items) {
    Map<Lease, LeaseCut> cuts = new LinkedHashMap<>();
    for (WorkItem item : items) {
      cuts.merge(
          item.lease(),
          new LeaseCut(item.lease(), item.index(), 1),
          (one, two) ->
              new LeaseCut(one.lease(), Math.min(one.at(), two.at()), one.items() + two.items()));
    }
    settlements.cut(cuts.values().stream().map(loading::withoutRest).toList());
  }

  @Override
  public long untilDue() {
    boolean isIdle = workers.stream().allMatch(each -> each.queue().waiting() == 0);
    return isIdle ? Long.MAX_VALUE : Math.max(0, lookAt - looking.now());
  }
}
