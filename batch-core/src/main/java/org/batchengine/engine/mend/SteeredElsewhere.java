package org.batchengine.engine.mend;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.batchengine.engine.lease.Leases;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.limit.Allowances;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.session.SessionKeeper;
import org.batchengine.model.BatchState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Steered;

/**
 * Learns what other engines have paused, resumed, stopped or changed. After each renewal, it asks
 * the store about the batches that this engine holds or is stopping.
 */
public final class SteeredElsewhere implements Step {
  private final BatchStore store;
  private final SessionKeeper sessions;
  private final Leases leases;
  private final Stopping stopping;
  private final Allowances allowances;
  private int seenRenewals;
  private volatile boolean mustLook;

  /** Nothing has been asked yet. */
  public SteeredElsewhere(
      BatchStore store,
      SessionKeeper sessions,
      Leases leases,
      Stopping stopping,
      Allowances allowances) {
    this.store = store;
    this.sessions = sessions;
    this.leases = leases;
    this.stopping = stopping;
    this.allowances = allowances;
  }

  /** This engine has steered batches that it cannot name: look without waiting for a renewal. */
  public void lookSoon() {
    mustLook = true;
  }

  @Override
  public String name() {
    return "looking for batches that others steered";
  }

  @Override
  public boolean runOnce() {
    int renewals = sessions.renewals();
    if (mustLook || renewals != seenRenewals) {
      mustLook = false;
      look();
      seenRenewals = renewals;
    }
    return false;
  }

  private void look() {
    Map<LiveBatch, Integer> steersBefore = LiveBatch.steers(leases.batches());
    Set<Long> asked = new HashSet<>(stopping.unfinished());
    steersBefore.keySet().forEach(batch -> asked.add(batch.number()));
    if (asked.isEmpty()) {
      return;
    }
    List<Steered> answer = store.steering().steered(asked);
    stopping.stillStopping(
        answer.stream()
            .filter(steered -> steered.state() == BatchState.STOPPING)
            .map(Steered::batch)
            .toList());
    LiveBatch.foundHeld(steersBefore, answer);
    readChanged(answer);
  }

  private void readChanged(List<Steered> answer) {
    Map<Long, Integer> revisions = new HashMap<>();
    answer.forEach(steered -> revisions.put(steered.batch(), steered.revision()));
    Set<Long> changed = new HashSet<>();
    for (LiveBatch batch : leases.batches()) {
      if (batch.header().revision() < revisions.getOrDefault(batch.number(), 0)) {
        changed.add(batch.number());
      }
    }
    if (!changed.isEmpty()) {
      for (BatchHeader header : store.claiming().headers(changed)) {
        leases.read(header);
        allowances.changed(header);
      }
    }
  }
}
