package org.batchengine;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.LockedRows;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.schedule.FireSubmits;
import org.batchengine.engine.schedule.Firing;
import org.batchengine.engine.session.SessionKeeper;
import org.batchengine.model.BatchId;
import org.batchengine.model.Submission;
import org.batchengine.schedule.Fire;
import org.batchengine.schedule.FireState;
import org.batchengine.schedule.Schedule;
import org.batchengine.store.Actor;
import org.batchengine.store.BatchStore;
import org.batchengine.store.DueFire;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.OwnedFire;
import org.batchengine.store.Template;

/**
 * What an engine does for schedules. Maintenance fires them and submits the batches of templates;
 * code of the host makes the other requests, on a thread of its own.
 */
final class ScheduleParts implements Step {
  private final EngineConfig config;
  private final BatchStore store;
  private final RequestSubmitter submitter;
  private final Consumer<BatchId> submitted;
  private final Map<NameInTenant, EngineConfig.Scheduled> coded;
  private final FireSubmits ofCode;
  private final FireSubmits ofTemplates;
  private final Firing firing;
  private volatile boolean isDefined;

  /** Wakes the thread of the host's code. */
  final Signal signal = new Signal();

  /**
   * The parts of an engine.
   *
   * @param submitted told of each batch that was submitted
   * @param poll makes the cadence of each part
   */
  ScheduleParts(
      EngineConfig config,
      SessionKeeper sessions,
      RequestSubmitter submitter,
      Consumer<BatchId> submitted,
      Supplier<Cadence> poll,
      LockedRows locked) {
    this.config = config;
    store = config.store();
    this.submitter = submitter;
    this.submitted = submitted;
    coded = config.schedules();
    firing = new Firing(store.schedules(), this::fired, poll.get(), locked);
    ofTemplates =
        new FireSubmits(
            "submitting batches of templates",
            null,
            store.schedules().brief(),
            sessions,
            this::submitTemplate,
            locked);
    ofCode =
        new FireSubmits(
            "submitting scheduled batches",
            coded.keySet(),
            store.schedules(),
            sessions,
            this::submitRequest,
            locked);
  }

  /** What maintenance does once the engine is started. */
  List<Step> steps() {
    return List.of(firing, ofTemplates);
  }

  private void fired() {
    ofTemplates.lookSoon();
    ofCode.lookSoon();
    signal.raise();
  }

  boolean hasCode() {
    return !coded.isEmpty();
  }

  /** Stores what the code says of schedules, when the engine is started next. */
  void defineAnew() {
    isDefined = false;
    signal.raise();
  }

  @Override
  public String name() {
    return ofCode.name();
  }

  @Override
  public boolean runOnce() {
    if (coded.isEmpty()) {
      return false;
    }
    if (!isDefined) {
      for (EngineConfig.Scheduled each : coded.values()) {
        Schedule schedule = each.schedule();
        EngineSchedules.put(
            store.schedules(), schedule, schedule.toString(), new Actor(null, config.node()));
      }
      isDefined = true;
    }
    return ofCode.runOnce();
  }

  @Override
  public long idleNanos() {
    return isDefined ? ofCode.idleNanos() : 1;
  }

  private Submission submitRequest(DueFire due, OwnedFire owned) throws Exception {
    NameInTenant name = new NameInTenant(due.tenant(), due.name());
    Fire fire =
        new Fire(
            due.name(),
            due.tenant(),
            due.at(),
            FireState.DUE,
            due.attempts(),
            Optional.empty(),
            Optional.empty(),
            Optional.ofNullable(due.reason()));
    BatchRequest<?> request = Objects.requireNonNull(coded.get(name)).code().request(fire);
    if (request == null) {
      throw new NullPointerException(
          "the code of schedule \"%s\" returned null: return a request without items if there is nothing to do"
              .formatted(due.name()));
    }
    request.namedTenant().ifPresent(named -> Arguments.ownTenant(named, due.tenant()));
    request
        .idempotencyKey()
        .ifPresent(
            key -> {
              throw new IllegalArgumentException(
                  "idempotencyKey %s: that of a scheduled batch is %s; leave it unset"
                      .formatted(key, FireSubmits.key(due)));
            });
    Submission submission =
        submitter
            .forFire(owned)
            .submit(request.tenant(due.tenant()).idempotencyKey(FireSubmits.key(due)));
    submitted.accept(submission.id());
    return submission;
  }

  private Submission submitTemplate(DueFire due, OwnedFire owned) {
    String name = Objects.requireNonNull(due.template());
    Template template =
        store
            .templates()
            .get(new NameInTenant(due.tenant(), name))
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "there is no template \"%s\": put it, or change the schedule"
                            .formatted(name)));
    Submission submission = submitter.submit(template, FireSubmits.key(due), owned);
    submitted.accept(submission.id());
    return submission;
  }
}
