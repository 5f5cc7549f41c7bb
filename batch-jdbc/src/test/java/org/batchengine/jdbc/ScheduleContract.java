package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.HistoryQuery;
import org.batchengine.schedule.BatchTemplate;
import org.batchengine.schedule.Fire;
import org.batchengine.schedule.FireQuery;
import org.batchengine.schedule.FireState;
import org.batchengine.schedule.Schedule;
import org.batchengine.schedule.ScheduleStatus;
import org.batchengine.store.Actor;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.DueFire;
import org.batchengine.store.DueSchedule;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewFire;
import org.batchengine.store.NewItem;
import org.batchengine.store.OwnedFire;
import org.batchengine.store.ScheduleLook;
import org.batchengine.store.Template;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Schedules, their fires, and templates. */
abstract class ScheduleContract extends StoreContract {
  private static final Actor ALICE = new Actor("alice", "paris");
  private static final NameInTenant NAME = new NameInTenant("acme", "nightly");
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Schedule NIGHTLY =
      Schedule.cron("nightly", "0 2 * * *", ZoneOffset.UTC).tenant("acme");

  ScheduleContract(Supplier<? extends StoreUnderTest> opener) {
    super(opener::get);
  }

  private void put(Schedule schedule) {
    store.schedules().put(schedule, null, START, ALICE);
  }

  private DueSchedule due() {
    List<DueSchedule> due = store.schedules().due(10);
    assertThat(due).hasSize(1);
    return due.get(0);
  }

  private static NewFire fire(Instant at) {
    return new NewFire(at, FireState.DUE, null);
  }

  private Instant at(int hour) {
    return START.plus(HOUR.multipliedBy(hour));
  }

  /** A schedule with fires that are due, an hour apart. */
  private void fired(Schedule schedule, int fires) {
    put(schedule);
    List<NewFire> all = IntStream.range(0, fires).mapToObj(i -> fire(at(i))).toList();
    assertThat(store.schedules().fire(due(), all, at(1_000))).isTrue();
    pass(HOUR.multipliedBy(fires));
  }

  private List<DueFire> dueFires(long session) {
    return store.schedules().dueFires(List.of(NAME), session, 10);
  }

  private OwnedFire owned(long session) {
    OwnedFire fire = dueFires(session).get(0).of(session);
    assertThat(store.schedules().own(fire)).isTrue();
    return fire;
  }

  private List<Fire> fires() {
    return store.schedules().fires(NAME, FireQuery.all()).items();
  }

  private BatchId submitted(OwnedFire fire) {
    NewBatch batch = NewBatches.any().tenant("acme").build();
    store.submitting().forFire(fire).submit(batch, NewBatches.items(1));
    return batch.id();
  }

  @Nested
  class Schedules {
    @Test
    void areReadAsTheyWereStored() {
      Schedule all =
          NIGHTLY
              .onMissed(Schedule.Missed.ALL)
              .onOverlap(Schedule.Overlap.QUEUE)
              .template("t")
              .from(START)
              .until(at(1_000));
      Schedule often = Schedule.every("often", Duration.ofMillis(1_500)).tenant("beta");
      store.schedules().put(all, null, at(1), ALICE);
      store.schedules().put(often, null, null, ALICE);

      assertThat(store.schedules().find(NAME))
          .contains(new ScheduleStatus(all, false, Optional.of(at(1))));
      assertThat(store.schedules().list(null))
          .containsExactly(
              new ScheduleStatus(all, false, Optional.of(at(1))),
              new ScheduleStatus(often, false, Optional.empty()));
      assertThat(store.schedules().list("beta")).hasSize(1);
      assertThat(store.schedules().find(new NameInTenant("beta", "nightly"))).isEmpty();
      assertThat(store.schedules().now()).isEqualTo(now());
    }

    @Test
    @DisplayName("REQ-M15 code changes a schedule only if it says something new")
    void areDefinedByCodeOnce() {
      Schedule changed = NIGHTLY.onOverlap(Schedule.Overlap.ALLOW);
      assertThat(store.schedules().put(NIGHTLY, "one", at(1), ALICE)).isTrue();
      assertThat(store.schedules().put(changed, null, at(2), ALICE)).isTrue();
      assertThat(store.schedules().pause(NAME, true, ALICE, "holiday")).contains(true);

      assertThat(store.schedules().put(NIGHTLY, "one", at(3), ALICE)).isFalse();
      assertThat(store.schedules().find(NAME))
          .contains(new ScheduleStatus(changed, true, Optional.of(at(1))));

      assertThat(store.schedules().put(NIGHTLY, "two", at(3), ALICE)).isTrue();
      assertThat(store.schedules().find(NAME))
          .contains(new ScheduleStatus(NIGHTLY, true, Optional.of(at(1))));
    }

    @Test
    void areDueAnewIfTheirTimesChange() {
      put(NIGHTLY);
      Schedule later = Schedule.cron("nightly", "0 3 * * *", ZoneOffset.UTC).tenant("acme");
      store.schedules().put(later, null, at(5), ALICE);

      assertThat(store.schedules().find(NAME).orElseThrow().nextAt()).contains(at(5));
      store.schedules().put(later.until(at(9)), null, at(6), ALICE);
      assertThat(store.schedules().find(NAME).orElseThrow().nextAt()).contains(at(6));
    }

    @Test
    void arePausedAndResumed() {
      put(NIGHTLY);

      assertThat(store.schedules().pause(NAME, true, ALICE, "why")).contains(true);
      assertThat(store.schedules().pause(NAME, true, ALICE, "why")).contains(false);
      assertThat(store.schedules().due(10)).isEmpty();
      assertThat(store.schedules().pause(NAME, false, ALICE, "why")).contains(true);
      assertThat(due().schedule()).isEqualTo(NIGHTLY);
      assertThat(store.schedules().pause(new NameInTenant("acme", "no"), true, ALICE, "why"))
          .isEmpty();
    }

    @Test
    void areRemovedWithTheirFires() {
      fired(NIGHTLY, 1);
      assertThat(store.schedules().remove(NAME, ALICE)).isTrue();
      assertThat(store.schedules().remove(NAME, ALICE)).isFalse();

      assertThat(store.schedules().find(NAME)).isEmpty();
      put(NIGHTLY);
      assertThat(fires()).isEmpty();
    }

    @Test
    @DisplayName("REQ-M22 the feed has what was done to schedules and templates, and by whom")
    void areInTheFeed() {
      put(NIGHTLY);
      store.schedules().pause(NAME, true, ALICE, "holiday");
      store.schedules().pause(NAME, false, ALICE, "back");
      store.schedules().fireNow(NAME, ALICE, "again");
      store.schedules().remove(NAME, ALICE);
      NewBatch batch = NewBatches.any().tenant("acme").build();
      store.templates().put(new Template("t", batch, List.of()), ALICE);
      store.templates().remove(new NameInTenant("acme", "t"), ALICE);

      assertThat(store.feed().read(0, 10, "acme").events())
          .allMatch(event -> "alice".equals(event.actor()) && "paris".equals(event.node()))
          .extracting(FeedEvent::kind, FeedEvent::type, FeedEvent::reason)
          .containsExactly(
              tuple(EventKind.SCHEDULE_PUT, "nightly", null),
              tuple(EventKind.SCHEDULE_PAUSED, "nightly", "holiday"),
              tuple(EventKind.SCHEDULE_RESUMED, "nightly", "back"),
              tuple(EventKind.SCHEDULE_FIRED, "nightly", "again"),
              tuple(EventKind.SCHEDULE_REMOVED, "nightly", null),
              tuple(EventKind.TEMPLATE_PUT, "t", null),
              tuple(EventKind.TEMPLATE_REMOVED, "t", null));
    }
  }

  @Nested
  class Firing {
    @Test
    @DisplayName("REQ-M15 fires and the next time are written once, whoever does it")
    void isOnce() {
      put(NIGHTLY);
      DueSchedule seen = due();

      assertThat(store.schedules().fire(seen, List.of(fire(START)), at(1))).isTrue();
      assertThat(store.schedules().fire(seen, List.of(fire(at(9))), at(2))).isFalse();

      assertThat(store.schedules().due(10)).isEmpty();
      assertThat(fires())
          .extracting(Fire::at, Fire::state)
          .containsExactly(tuple(START, FireState.DUE));
      assertThat(store.schedules().find(NAME).orElseThrow().nextAt()).contains(at(1));
    }

    @Test
    @DisplayName("REQ-M15 a fire that cannot be written leaves the schedule where it is")
    void isOneTransaction() {
      put(NIGHTLY);
      try {
        store.schedules().fire(due(), List.of(fire(START), fire(Instant.MAX)), at(1));
      } catch (RuntimeException e) {
        assertThat(under).isNotNull(); // as with databases, which have no such instant
      }
      boolean isMoved =
          !store.schedules().find(NAME).orElseThrow().nextAt().equals(Optional.of(START));

      assertThat(fires()).hasSize(isMoved ? 2 : 0);
    }

    @Test
    void passesOverWhatWasFired() {
      put(NIGHTLY);
      store.schedules().fire(due(), List.of(fire(START)), START);

      assertThat(
              store.schedules().fire(due(), List.of(fire(START), fire(START.plusSeconds(1))), null))
          .isTrue();
      assertThat(fires()).extracting(Fire::at).containsExactly(START.plusSeconds(1), START);
      assertThat(store.schedules().find(NAME).orElseThrow().nextAt()).isEmpty();
    }

    @Test
    void isNotOfPausedSchedules() {
      put(NIGHTLY);
      DueSchedule seen = due();
      store.schedules().pause(NAME, true, ALICE, "holiday");

      assertThat(store.schedules().fire(seen, List.of(fire(START)), at(1))).isFalse();
      assertThat(fires()).isEmpty();
    }

    @Test
    void isSeenAtAQuickLook() {
      assertThat(store.schedules().look()).isEqualTo(new ScheduleLook(false, false));
      put(NIGHTLY);
      assertThat(store.schedules().look()).isEqualTo(new ScheduleLook(true, false));
      store.schedules().fire(due(), List.of(fire(START)), at(1));
      assertThat(store.schedules().look()).isEqualTo(new ScheduleLook(false, true));
      store.schedules().failed(owned(session().id()), "no file", HOUR);
      assertThat(store.schedules().look()).isEqualTo(new ScheduleLook(false, false));
      pass(HOUR);
      assertThat(store.schedules().look()).isEqualTo(new ScheduleLook(true, true));
      store.schedules().pause(NAME, true, ALICE, "holiday");
      assertThat(store.schedules().look()).isEqualTo(new ScheduleLook(false, true));
    }

    @Test
    void saysHowManyWait() {
      put(NIGHTLY);
      assertThat(due()).isEqualTo(new DueSchedule(due().number(), NIGHTLY, START, now(), 0));
      store
          .schedules()
          .fire(due(), List.of(fire(START), new NewFire(at(1), FireState.MISSED, "m")), START);

      assertThat(due().waiting()).isEqualTo(1);
    }

    @Test
    void byHandIsForNow() {
      put(NIGHTLY);
      store.schedules().pause(NAME, true, ALICE, "holiday");
      Fire first = store.schedules().fireNow(NAME, ALICE, "again").orElseThrow();
      Fire second = store.schedules().fireNow(NAME, ALICE, "and again").orElseThrow();

      assertThat(first.at()).isEqualTo(now());
      assertThat(second.at()).isAfter(first.at());
      assertThat(fires()).containsExactly(second, first);
      assertThat(store.schedules().fireNow(new NameInTenant("acme", "no"), ALICE, "x")).isEmpty();
    }
  }

  @Nested
  class Fires {
    @Test
    @DisplayName("REQ-M15 a fire is one session's, until that is gone")
    void areOneSessions() {
      fired(NIGHTLY, 1);
      TestSession first = session();
      TestSession second = session();
      OwnedFire fire = owned(first.id());

      assertThat(dueFires(second.id())).isEmpty();
      assertThat(store.schedules().own(new OwnedFire(fire.schedule(), fire.at(), second.id())))
          .isFalse();
      assertThat(dueFires(first.id())).hasSize(1);
      kill(first);
      assertThat(store.schedules().own(fire)).isFalse();
      assertThat(dueFires(second.id())).hasSize(1);
      assertThat(owned(second.id()).at()).isEqualTo(START);
    }

    @Test
    @DisplayName("REQ-M15 a fire is submitted together with its batch, or neither is")
    void areSubmittedWithTheirBatch() {
      fired(NIGHTLY, 1);
      TestSession dead = session();
      OwnedFire lost = owned(dead.id());
      kill(dead);
      TestSession session = session();
      OwnedFire fire = owned(session.id());

      assertThatIllegalStateException().isThrownBy(() -> submitted(lost));
      BatchId batch = submitted(fire);
      assertThatIllegalStateException().isThrownBy(() -> submitted(fire));

      assertThat(store.reading().history(HistoryQuery.all()).items())
          .extracting(BatchJob::id)
          .containsExactly(batch);
      assertThat(fires())
          .extracting(Fire::state, Fire::batch)
          .containsExactly(tuple(FireState.SUBMITTED, Optional.of(batch)));
    }

    @Test
    void areSubmittedWithTheLastPage() {
      fired(NIGHTLY, 1);
      TestSession session = session();
      OwnedFire fire = owned(session.id());
      NewBatch batch = NewBatches.any().tenant("acme").build();
      long number = number(store.submitting().forFire(fire).begin(batch, session.id()));
      store.submitting().forFire(fire).append(number, session.id(), NewBatches.items(2));
      assertThat(fires()).extracting(Fire::state).containsExactly(FireState.DUE);
      store.submitting().forFire(fire).finish(number, session.id(), ALICE);

      assertThat(fires()).extracting(Fire::batch).containsExactly(Optional.of(batch.id()));
    }

    @Test
    void areSubmittedWithABatchThatIsFound() {
      fired(NIGHTLY, 1);
      OwnedFire fire = owned(session().id());
      NewBatch batch = NewBatches.any().tenant("acme").build();
      submit(batch, NewBatches.items(1));
      store.schedules().submitted(fire, UNKNOWN);
      assertThat(fires()).extracting(Fire::state).containsExactly(FireState.DUE);
      store.schedules().submitted(fire, batch.id());

      assertThat(fires()).extracting(Fire::batch).containsExactly(Optional.of(batch.id()));
    }

    @Test
    void areRetriedLater() {
      fired(NIGHTLY, 1);
      long session = session().id();
      store.schedules().failed(owned(session), "no file", HOUR);

      assertThat(dueFires(session)).isEmpty();
      assertThat(fires())
          .containsExactly(
              new Fire(
                  "nightly",
                  "acme",
                  START,
                  FireState.DUE,
                  1,
                  Optional.of(now().plus(HOUR)),
                  Optional.empty(),
                  Optional.of("no file")));
      pass(HOUR);
      assertThat(dueFires(session)).extracting(DueFire::attempts).containsExactly(1);
      store.schedules().failed(owned(session), "still none", null);
      assertThat(fires())
          .extracting(Fire::state, Fire::attempts, Fire::retryAt)
          .containsExactly(tuple(FireState.FAILED, 2, Optional.empty()));
    }

    @Test
    void areLeftOut() {
      fired(NIGHTLY, 1);
      OwnedFire fire = owned(session().id());
      store.schedules().skip(fire, "the last one runs");

      assertThat(fires())
          .extracting(Fire::state, Fire::reason)
          .containsExactly(tuple(FireState.SKIPPED, Optional.of("the last one runs")));
    }

    @Test
    @DisplayName(
        "REQ-M15 without overlaps only the first fire counts, and tells of a batch that runs")
    void areTakenOneAfterAnother() {
      fired(NIGHTLY, 2);
      TestSession session = session();
      assertThat(dueFires(session.id())).extracting(DueFire::at).containsExactly(START);
      BatchId first = submitted(owned(session.id()));

      assertThat(dueFires(session.id()))
          .extracting(DueFire::at, DueFire::running)
          .containsExactly(tuple(at(1), first));
      session.finish(session.claimChunk(1));
      store.settling().completeIfDone(List.of(header(first).number()));
      assertThat(dueFires(session.id())).extracting(DueFire::running).containsOnlyNulls();
    }

    private BatchHeader header(BatchId id) {
      return store.reading().header(id, null).orElseThrow();
    }

    @Test
    @DisplayName("REQ-M15 those that are queued wait for the end of the last batch")
    void areQueued() {
      fired(NIGHTLY.onOverlap(Schedule.Overlap.QUEUE), 2);
      TestSession session = session();
      BatchId first = submitted(owned(session.id()));
      assertThat(dueFires(session.id())).isEmpty();
      session.finish(session.claimChunk(1));
      store.settling().completeIfDone(List.of(header(first).number()));

      assertThat(dueFires(session.id())).extracting(DueFire::at).containsExactly(at(1));
    }

    @Test
    void areTakenAtOnceIfTheyMayOverlap() {
      fired(NIGHTLY.onOverlap(Schedule.Overlap.ALLOW), 2);

      assertThat(dueFires(0)).extracting(DueFire::at).containsExactly(START, at(1));
    }

    @Test
    void areFoundBesideThoseOfAnotherTenant() {
      fired(NIGHTLY.tenant("other"), 1);
      fired(NIGHTLY, 1);

      assertThat(store.schedules().dueFires(List.of(NAME), 0, 1)).hasSize(1);
    }

    @Test
    void areOfThoseWhoHaveTheCode() {
      fired(NIGHTLY, 1);

      assertThat(dueFires(0)).hasSize(1);
      assertThat(store.schedules().dueFires(List.of(new NameInTenant("other", "nightly")), 0, 10))
          .isEmpty();
      assertThat(store.schedules().dueFires(null, 0, 10)).isEmpty();
      put(NIGHTLY.template("t"));
      assertThat(dueFires(0)).isEmpty();
      assertThat(store.schedules().dueFires(null, 0, 10))
          .extracting(DueFire::template)
          .containsExactly("t");
    }

    @Test
    void thatNobodyTakesAreKnown() {
      fired(NIGHTLY, 1);

      assertThat(store.schedules().unserved(HOUR)).isEmpty();
      passMoment();
      assertThat(store.schedules().unserved(HOUR)).containsExactly(Map.entry(NAME, START));
      OwnedFire fire = owned(session().id());
      assertThat(store.schedules().unserved(HOUR)).isEmpty();
      store.schedules().failed(fire, "no file", HOUR);
      pass(HOUR.multipliedBy(2));
      assertThat(store.schedules().unserved(HOUR)).isEmpty();
      passMoment();
      assertThat(store.schedules().unserved(HOUR)).containsExactly(Map.entry(NAME, START));
    }

    @Test
    @DisplayName("a fire waits for its turn while a session has taken an earlier one")
    void thatWaitForAnotherCallAreServed() {
      fired(NIGHTLY, 1);
      fired(Schedule.every("later", HOUR).tenant("acme").from(START), 1);
      passMoment();
      assertThat(store.schedules().unserved(HOUR)).hasSize(2);
      TestSession session = session();
      owned(session.id());
      assertThat(store.schedules().unserved(HOUR)).isEmpty();
      kill(session);
      assertThat(store.schedules().unserved(HOUR)).hasSize(2);
    }

    @Test
    void thatAreNotEvenWrittenAreKnown() {
      put(NIGHTLY);
      passMoment();
      assertThat(store.schedules().unserved(Duration.ZERO)).containsExactly(Map.entry(NAME, START));
      store.schedules().pause(NAME, true, ALICE, "holiday");
      assertThat(store.schedules().unserved(Duration.ZERO)).isEmpty();
    }

    @Test
    void areShownPageByPage() {
      fired(NIGHTLY, 3);
      store.schedules().skip(owned(session().id()), "why not");
      BatchPage<Fire> page = store.schedules().fires(NAME, FireQuery.all().limit(2));

      assertThat(page.items()).extracting(Fire::at).containsExactly(at(2), at(1));
      assertThat(
              store
                  .schedules()
                  .fires(NAME, FireQuery.all().after(page.next().orElseThrow()))
                  .items())
          .extracting(Fire::at)
          .containsExactly(START);
      assertThat(store.schedules().fires(NAME, FireQuery.all().state(FireState.SKIPPED)).items())
          .extracting(Fire::at)
          .containsExactly(START);
    }

    @Test
    void areKeptWhileTheirBatchRuns() {
      fired(NIGHTLY, 1);
      submitted(owned(session().id()));
      pass(HOUR.multipliedBy(5));

      store.schedules().removeFires(Duration.ofHours(1), 10);

      assertThat(fires()).hasSize(1);
    }

    @Test
    void areRemovedByAge() {
      fired(NIGHTLY, 3);
      store.schedules().skip(owned(session().id()), "why not");
      store.schedules().skip(owned(session().id()), "why not");

      assertThat(store.schedules().removeFires(Duration.ofHours(3), 10)).isFalse();
      assertThat(fires()).hasSize(3);
      passMoment();
      assertThat(store.schedules().removeFires(Duration.ofHours(1), 1)).isTrue();
      assertThat(store.schedules().removeFires(Duration.ofHours(1), 10)).isFalse();
      assertThat(fires()).extracting(Fire::at).containsExactly(at(2));
    }
  }

  @Nested
  class Templates {
    private final NameInTenant name = new NameInTenant("acme", "t");

    private NewBatch batch() {
      return NewBatches.any()
          .tenant("acme")
          .name("Monthly")
          .description("All of them")
          .submittedBy("bob")
          .priority(8)
          .metadata("{\"a\":1}")
          .retryPolicy("none")
          .timeout(Duration.ofSeconds(3))
          .chunkSize(7)
          .sequential()
          .tolerateFailures(3L)
          .deadline(HOUR)
          .build();
    }

    @Test
    @DisplayName("REQ-M16 a template keeps what a submit keeps, and its items")
    void keepAll() {
      List<NewItem> items = List.of(new NewItem("k", "a"), new NewItem(null, "b"));
      NewBatch batch = batch();
      store.templates().put(new Template("t", batch, items), ALICE);
      Template kept = store.templates().get(name).orElseThrow();

      assertThat(kept.items()).isEqualTo(items);
      assertThat(kept.batch())
          .usingRecursiveComparison()
          .ignoringFields("id", "by")
          .isEqualTo(batch);
      assertThat(store.templates().find(name))
          .contains(
              new BatchTemplate(
                  "t",
                  "acme",
                  "annotate",
                  Optional.of("Monthly"),
                  Optional.of("All of them"),
                  Optional.of("bob"),
                  8,
                  "{\"a\":1}",
                  2,
                  now()));
    }

    @Test
    @DisplayName("REQ-M16 a template is replaced as a whole, and belongs to a tenant")
    void areReplaced() {
      store.templates().put(new Template("t", batch(), NewBatches.items(2)), ALICE);
      store
          .templates()
          .put(new Template("t", NewBatches.any().tenant("acme").build(), List.of()), ALICE);
      store.templates().put(new Template("s", NewBatches.any().build(), List.of()), ALICE);

      assertThat(store.templates().get(name).orElseThrow().items()).isEmpty();
      assertThat(store.templates().list(null))
          .extracting(BatchTemplate::name)
          .containsExactly("t", "s");
      assertThat(store.templates().list("acme"))
          .extracting(BatchTemplate::name)
          .containsExactly("t");
      assertThat(store.templates().find(new NameInTenant("default", "t"))).isEmpty();
      assertThat(store.templates().remove(name, ALICE)).isTrue();
      assertThat(store.templates().remove(name, ALICE)).isFalse();
      assertThat(store.templates().get(name)).isEmpty();
    }
  }
}
