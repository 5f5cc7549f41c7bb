package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.START;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.schedule.BatchTemplate;
import org.batchengine.schedule.Fire;
import org.batchengine.schedule.FireQuery;
import org.batchengine.schedule.FireState;
import org.batchengine.schedule.Schedule;
import org.batchengine.schedule.Schedule.Missed;
import org.batchengine.schedule.Schedule.Overlap;
import org.batchengine.schedule.ScheduleStatus;
import org.batchengine.store.DueSchedule;
import org.batchengine.store.NewFire;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What schedules submit, by code and by templates, and what of engines that die. */
class SchedulesTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Schedule HOURLY = Schedule.cron("hourly", "0 * * * *", ZoneOffset.UTC);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<Fire> calls = new ArrayList<>();

  private BatchRequest<?> request(Fire fire) {
    calls.add(fire);
    return BatchRequest.of(ECHO, List.of("at " + fire.at()));
  }

  private ManualEngine engine(Faults faults, UnaryOperator<BatchEngine.Builder> options) {
    return world.engine(faults, builder -> options.apply(builder.register(ECHO, text -> text)));
  }

  private ManualEngine engine(UnaryOperator<BatchEngine.Builder> options) {
    return engine(new Faults(world.memory), options);
  }

  private ManualEngine coded(Schedule schedule) {
    ManualEngine engine = engine(builder -> builder.schedule(schedule, this::request));
    engine.runUntilIdle();
    return engine;
  }

  /** An engine that claims nothing, so that batches do not end. */
  private ManualEngine idle(Schedule schedule) {
    ManualEngine engine = world.engine(builder -> builder.schedule(schedule, this::request));
    engine.runUntilIdle();
    return engine;
  }

  /** Nobody works for so long. */
  private void away(ManualEngine engine, Duration time) {
    world.pass(time);
    engine.runUntilIdle();
    world.pass(Duration.ofSeconds(1));
    engine.runUntilIdle();
  }

  private static List<Fire> fires(Batches batches, String name) {
    return batches.schedules().fires(name, FireQuery.all()).items();
  }

  private static List<FireState> states(Batches batches, String name) {
    return fires(batches, name).stream().map(Fire::state).toList();
  }

  private static List<BatchJob> batches(Batches batches) {
    return batches.history(HistoryQuery.all().limit(100)).items();
  }

  private static Instant at(String time) {
    return Instant.parse("2026-11-21T" + time + "Z");
  }

  /** I: the batches of a schedule are its SUBMITTED fires. */
  private static void areOfFires(Batches batches, String name) {
    assertThat(batches(batches))
        .filteredOn(job -> job.state() != BatchState.SUBMITTING)
        .extracting(BatchJob::id)
        .containsExactlyInAnyOrderElementsOf(
            fires(batches, name).stream().flatMap(fire -> fire.batch().stream()).toList());
  }

  @Nested
  class Code {
    @Test
    @DisplayName("REQ-M15 a schedule submits a batch for each instant, of what its code requests")
    void isAskedForEachInstant() {
      ManualEngine engine = coded(HOURLY);
      world.pass(Duration.ofHours(2), engine);

      assertThat(calls).extracting(Fire::at).containsExactly(at("13:00:00"), at("14:00:00"));
      assertThat(batches(engine))
          .allMatch(BatchJob::isSuccess)
          .extracting(job -> job.idempotencyKey().orElseThrow())
          .containsExactly(
              "schedule/hourly/2026-11-21T14:00:00Z", "schedule/hourly/2026-11-21T13:00:00Z");
      assertThat(states(engine, "hourly"))
          .containsExactly(FireState.SUBMITTED, FireState.SUBMITTED);
      areOfFires(engine, "hourly");
      assertThat(engine.schedules().find("hourly"))
          .contains(
              new ScheduleStatus(HOURLY.tenant("default"), false, Optional.of(at("15:00:00"))));
    }

    @Test
    @DisplayName("REQ-M15 two engines on one store fire once")
    void isAskedByOneOfTwo() {
      ManualEngine one = coded(HOURLY);
      ManualEngine two = coded(HOURLY);
      world.pass(HOUR);
      for (int i = 0; i < 20; i++) {
        one.runOnce();
        two.runOnce();
      }

      assertThat(calls).hasSize(1);
      assertThat(batches(one)).hasSize(1);
      areOfFires(one, "hourly");
    }

    @Test
    @DisplayName("REQ-M17 a scheduled batch that waits for another one is looked at at once")
    void submitsABatchThatIsLookedAt() {
      BatchId first = engine(builder -> builder).submit(ECHO, List.of("a"));
      EngineParts parts =
          world.parts(
              new Faults(world.memory),
              builder ->
                  builder.schedule(
                      HOURLY, fire -> BatchRequest.of(ECHO, List.of("b")).after(first)));
      parts.schedules.runOnce();
      engine(builder -> builder).schedules().fireNow("hourly", "now");
      world.pass(Duration.ofSeconds(1));
      while (parts.dependents.runOnce()) {}
      parts.schedules.steps().get(0).runOnce(); // it sees the fire
      assertThat(parts.schedules.runOnce()).isTrue();

      assertThat(parts.dependents.runOnce()).isTrue();
    }

    @Test
    @DisplayName("REQ-M15 the code is asked again until it answers, and at most ten times")
    void isAskedAgain() {
      ManualEngine engine =
          engine(
              builder ->
                  builder.schedule(
                      HOURLY,
                      fire -> {
                        calls.add(fire);
                        throw new IllegalStateException("no file yet");
                      }));
      engine.runUntilIdle();
      world.pass(HOUR, engine);
      assertThat(fires(engine, "hourly"))
          .containsExactly(
              new Fire(
                  "hourly",
                  "default",
                  at("13:00:00"),
                  FireState.DUE,
                  1,
                  Optional.of(at("13:00:10")),
                  Optional.empty(),
                  Optional.of("java.lang.IllegalStateException: no file yet")));
      world.pass(Duration.ofSeconds(9), engine);
      assertThat(calls).hasSize(1);
      world.pass(Duration.ofSeconds(2), engine);
      assertThat(calls).hasSize(2);
      world.pass(Duration.ofMinutes(50), engine);

      assertThat(calls).extracting(Fire::attempts).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
      assertThat(states(engine, "hourly")).containsExactly(FireState.FAILED);
    }

    @Test
    void isAnsweredWithAReasonIfItsRequestIsNoGood() {
      Map<String, BatchRequest<?>> bad =
          Map.of(
              "it", BatchRequest.of(ECHO, List.of("a")).idempotencyKey("mine"),
              "other", BatchRequest.of(ECHO, List.of("a")).tenant("beta"));
      bad.forEach(
          (name, request) -> {
            Schedule schedule = Schedule.cron(name, "0 * * * *", ZoneOffset.UTC);
            ManualEngine engine = engine(builder -> builder.schedule(schedule, fire -> request));
            engine.runUntilIdle();
            engine.schedules().fireNow(name, "try");
            world.pass(Duration.ofSeconds(2), engine);
            assertThat(fires(engine, name).get(0).reason().orElseThrow())
                .containsAnyOf("idempotencyKey mine", "tenant: beta");
          });
      assertThat(batches(engine(builder -> builder))).isEmpty();
    }

    @Test
    @DisplayName("REQ-M15 a node that dies with a fire leaves it to another")
    void isAskedElsewhereAfterADeath() {
      Faults faults = new Faults(world.memory);
      ManualEngine dying =
          engine(faults, builder -> builder.schedule(HOURLY, SchedulesTest.this::request));
      dying.runUntilIdle();
      world.pass(HOUR.minusSeconds(1), dying);
      faults.loseCall("finish");
      world.pass(Duration.ofSeconds(1));
      EngineFixture.tryOnce(dying);
      EngineFixture.tryOnce(dying);
      assertThat(calls).hasSize(1);
      world.kill(dying);
      ManualEngine heir = coded(HOURLY);
      world.pass(Duration.ofSeconds(20), heir);

      assertThat(calls).hasSize(2);
      assertThat(batches(heir)).hasSize(1);
      areOfFires(heir, "hourly");
    }
  }

  @Nested
  class Late {
    private List<Fire> after(Missed policy, Duration away) {
      ManualEngine engine = coded(HOURLY.onMissed(policy).onOverlap(Overlap.ALLOW));
      away(engine, away);
      return fires(engine, "hourly");
    }

    @Test
    @DisplayName("REQ-M15 fires that were missed are noted, and those in time are not missed")
    void firesAreSkipped() {
      assertThat(after(Missed.SKIP, Duration.ofHours(3).plusSeconds(50)))
          .extracting(Fire::at, Fire::state)
          .containsExactly(
              tuple(at("15:00:00"), FireState.SUBMITTED), tuple(at("14:00:00"), FireState.MISSED));
    }

    @Test
    void firesAreSkippedAltogether() {
      assertThat(after(Missed.SKIP, Duration.ofMinutes(210)))
          .extracting(Fire::at, Fire::state)
          .containsExactly(tuple(at("15:00:00"), FireState.MISSED));
    }

    @Test
    @DisplayName("REQ-M15 the latest of the missed fires for all")
    void firesAreOne() {
      assertThat(after(Missed.ONE, Duration.ofMinutes(210)))
          .extracting(Fire::at, Fire::state)
          .containsExactly(
              tuple(at("15:00:00"), FireState.SUBMITTED), tuple(at("14:00:00"), FireState.MISSED));
    }

    @Test
    @DisplayName("REQ-M15 all of the missed fire")
    void firesAreAll() {
      assertThat(after(Missed.ALL, Duration.ofMinutes(210)))
          .extracting(Fire::at, Fire::state)
          .containsExactly(
              tuple(at("15:00:00"), FireState.SUBMITTED),
              tuple(at("14:00:00"), FireState.SUBMITTED),
              tuple(at("13:00:00"), FireState.SUBMITTED));
    }
  }

  @Nested
  class Overlapping {
    private final Schedule minutely = Schedule.cron("minutely", "* * * * *", ZoneOffset.UTC);

    @Test
    @DisplayName("REQ-M15 while the last batch runs, a fire is skipped")
    void firesAreSkipped() {
      ManualEngine engine = idle(minutely);
      world.pass(MINUTE.multipliedBy(2), engine);
      BatchId running = batches(engine).get(0).id();

      assertThat(fires(engine, "minutely"))
          .extracting(Fire::state, Fire::reason)
          .containsExactly(
              tuple(
                  FireState.SKIPPED,
                  Optional.of("batch " + running + " of the last fire has not ended")),
              tuple(FireState.SUBMITTED, Optional.empty()));
      assertThat(calls).hasSize(1);
      engine.cancel(running, "enough");
      world.pass(MINUTE, engine);
      assertThat(states(engine, "minutely")).startsWith(FireState.SUBMITTED);
    }

    @Test
    @DisplayName("REQ-M15 fires are queued until the last batch has ended, at most ten")
    void firesAreQueued() {
      ManualEngine engine = idle(minutely.onOverlap(Overlap.QUEUE));
      world.pass(MINUTE.multipliedBy(12), engine);

      assertThat(states(engine, "minutely"))
          .startsWith(FireState.SKIPPED, FireState.DUE)
          .endsWith(FireState.DUE, FireState.SUBMITTED);
      assertThat(states(engine, "minutely").stream().filter(FireState.DUE::equals)).hasSize(10);
      engine.cancel(batches(engine).get(0).id(), "enough");
      world.pass(Duration.ofSeconds(5), engine);
      assertThat(batches(engine)).hasSize(2);
      assertThat(calls).extracting(Fire::at).containsExactly(at("12:01:00"), at("12:02:00"));
    }

    @Test
    void firesMayBeAllowed() {
      ManualEngine engine = idle(minutely.onOverlap(Overlap.ALLOW));
      world.pass(MINUTE.multipliedBy(3), engine);

      assertThat(batches(engine)).hasSize(3);
    }
  }

  @Nested
  class Stored {
    @Test
    void goesOnFromWhereItBeganIfItIsPutAgain() {
      ManualEngine engine = coded(HOURLY);
      Schedule weekly = Schedule.every("weekly", Duration.ofDays(7)).template("t");
      var next = engine.schedules().put(weekly).nextAt();
      world.pass(Duration.ofDays(1));

      assertThat(engine.schedules().put(weekly.onOverlap(Overlap.ALLOW)).nextAt()).isEqualTo(next);
    }

    @Test
    @DisplayName("REQ-M15 a pause outlives restarts, and what it holds up counts as missed")
    void isPaused() {
      ManualEngine engine = coded(HOURLY);
      assertThat(engine.schedules().pause("hourly", "holiday")).isTrue();
      assertThat(engine.schedules().pause("hourly", "holiday")).isFalse();
      ManualEngine restarted = coded(HOURLY);
      world.pass(HOUR.plusMinutes(2), restarted);
      assertThat(calls).isEmpty();
      assertThat(engine.schedules().resume("hourly", "back")).isTrue();
      world.pass(Duration.ofSeconds(2), restarted);

      assertThat(calls).extracting(Fire::at).containsExactly(at("13:00:00"));
    }

    @Test
    @DisplayName(
        "REQ-M15 an operator's change outlives restarts, until the code says something else")
    void isChanged() {
      coded(HOURLY);
      Schedule nightly = Schedule.cron("hourly", "0 2 * * *", ZoneOffset.UTC);
      ManualEngine engine = coded(HOURLY);
      engine.schedules().put(nightly);
      coded(HOURLY);
      assertThat(engine.schedules().find("hourly").orElseThrow().schedule())
          .isEqualTo(nightly.tenant("default"));
      coded(HOURLY.onMissed(Missed.ALL));

      assertThat(engine.schedules().find("hourly").orElseThrow().schedule())
          .isEqualTo(HOURLY.onMissed(Missed.ALL).tenant("default"));
    }

    @Test
    @DisplayName("REQ-M15 intervals count from when the schedule was stored")
    void hasIntervals() {
      ManualEngine engine = coded(Schedule.every("often", Duration.ofMinutes(7)));
      world.pass(MINUTE.multipliedBy(10), engine);
      coded(Schedule.every("often", Duration.ofMinutes(7)));
      world.pass(MINUTE.multipliedBy(5), engine);

      assertThat(calls).extracting(Fire::at).containsExactly(at("12:07:00"), at("12:14:00"));
    }

    @Test
    @DisplayName("REQ-M15 a schedule is fired by hand, paused or not, with a reason")
    void isFiredByHand() {
      ManualEngine engine = coded(HOURLY);
      engine.schedules().pause("hourly", "holiday");
      Fire fire = engine.schedules().fireNow("hourly", "the file came late");
      world.pass(Duration.ofSeconds(1), engine);

      assertThat(calls).containsExactly(fire);
      assertThat(fire.reason()).contains("the file came late");
      areOfFires(engine, "hourly");
    }

    @Test
    @DisplayName("REQ-M15 health says whose fires nobody submits")
    void isNotServed() {
      world.kill(coded(HOURLY));
      ManualEngine other = engine(builder -> builder);
      world.pass(HOUR.plusSeconds(50), other);
      assertThat(other.health().unservedSchedules()).isEmpty();
      world.pass(Duration.ofSeconds(20), other);

      assertThat(other.health().unservedSchedules()).containsExactly("default/hourly");
      assertThat(other.health().toMap()).containsEntry("unserved_schedules", "default/hourly");
      assertThat(states(other, "hourly")).containsExactly(FireState.DUE);
      assertThat(other.schedules().remove("hourly")).isTrue();
      world.pass(Duration.ofSeconds(10), other);
      assertThat(other.health().unservedSchedules()).isEmpty();
    }

    @Test
    @DisplayName("REQ-M15 health leaves out a fire whose turn it may only just be")
    void isServedInItsTurn() {
      ManualEngine coded = idle(HOURLY);
      world.kill(coded);
      away(engine(builder -> builder), HOUR);
      world.pass(MINUTE.multipliedBy(2));
      EngineParts parts = world.parts(new Faults(world.memory), builder -> builder);

      parts.unservedSchedules.runOnce();
      assertThat(parts.unservedSchedules.names()).isEmpty();
      world.pass(Duration.ofSeconds(5));
      parts.unservedSchedules.runOnce();
      assertThat(parts.unservedSchedules.names()).containsExactly("default/hourly");
    }

    @Test
    void goesByAge() {
      ManualEngine engine =
          engine(
              builder -> builder.schedule(HOURLY, this::empty).eventRetention(Duration.ofHours(2)));
      engine.runUntilIdle();
      away(engine, HOUR);
      away(engine, HOUR.multipliedBy(3));

      assertThat(fires(engine, "hourly")).extracting(Fire::at).doesNotContain(at("13:00:00"));
    }

    private BatchRequest<?> empty(Fire fire) {
      return BatchRequest.of(ECHO, List.of());
    }
  }

  @Nested
  class Templates {
    private final BatchRequest<String> request =
        BatchRequest.of(ECHO, List.of("a", "b"))
            .keyedBy(text -> "key " + text)
            .name("Monthly")
            .submittedBy("alice")
            .priority(8)
            .metadata(Map.of("month", 11))
            .maxRetries(0);

    @Test
    @DisplayName("REQ-M16 a schedule submits the batch of its template, without code")
    void areSubmittedByASchedule() {
      ManualEngine engine = engine(builder -> builder);
      engine.templates().put("monthly", request);
      engine.schedules().put(HOURLY.template("monthly"));
      world.pass(Duration.ofHours(2), engine);

      assertThat(batches(engine))
          .hasSize(2)
          .allMatch(job -> job.isSuccess() && job.priority() == 8 && job.counts().total() == 2)
          .extracting(job -> job.name().orElseThrow())
          .containsOnly("Monthly");
      assertThat(engine.item(batches(engine).get(0).id(), "key b").orElseThrow().output())
          .contains("b");
      areOfFires(engine, "hourly");
    }

    @Test
    void thatAreMissingFailTheFire() {
      ManualEngine engine = engine(builder -> builder);
      engine.schedules().put(HOURLY.template("monthly"));
      engine.schedules().fireNow("hourly", "try");
      world.pass(Duration.ofSeconds(2), engine);
      assertThat(fires(engine, "hourly").get(0).reason().orElseThrow())
          .contains("there is no template \"monthly\"");
      engine.templates().put("monthly", request);
      world.pass(Duration.ofSeconds(15), engine);

      areOfFires(engine, "hourly");
      assertThat(batches(engine)).hasSize(1);
    }

    @Test
    @DisplayName("REQ-M16 a template gives a request its settings, and the caller its items")
    void giveRequests() {
      ManualEngine engine = engine(builder -> builder);
      engine.templates().put("monthly", request);
      BatchId id =
          engine.submit(engine.templates().request("monthly", ECHO, List.of("x")).name("December"));
      BatchJob job = engine.await(id);

      assertThat(job.name()).contains("December");
      assertThat(job.submittedBy()).contains("alice");
      assertThat(job.metadata()).isEqualTo("{\"month\":11}");
      assertThat(job.counts().total()).isEqualTo(1);
    }

    @Test
    @DisplayName("REQ-M16 a template belongs to whoever stores it, and so do its batches")
    void haveAnOwner() {
      ManualEngine engine = engine(builder -> builder);
      Batches alice = engine.actingAs("alice");
      alice.templates().put("own", BatchRequest.of(ECHO, List.of("a")));
      alice.templates().put("other", BatchRequest.of(ECHO, List.of("a")).submittedBy("bob"));
      engine.schedules().put(HOURLY.template("own"));
      engine.schedules().fireNow("hourly", "now");
      world.pass(Duration.ofSeconds(2), engine);

      assertThat(engine.templates().find("own").orElseThrow().submittedBy()).contains("alice");
      assertThat(engine.templates().find("other").orElseThrow().submittedBy()).contains("bob");
      assertThat(batches(engine))
          .extracting(BatchJob::submittedBy)
          .containsExactly(Optional.of("alice"));
    }

    @Test
    @DisplayName("REQ-U3 what is deleted of an owner are templates too, of one tenant or of all")
    void areDeletedWithTheirOwner() {
      ManualEngine engine = engine(builder -> builder);
      engine.templates().put("monthly", request);
      engine.templates().put("bobs", request.submittedBy("bob"));
      engine.forTenant("acme").templates().put("monthly", request);

      engine.forTenant("acme").deleteSubmittedBy("alice");
      assertThat(engine.templates().list())
          .extracting(BatchTemplate::tenant)
          .containsExactly("default", "default");
      engine.deleteSubmittedBy("alice");
      assertThat(engine.templates().list()).extracting(BatchTemplate::name).containsExactly("bobs");
    }

    @Test
    void refuseWhatIsOfOneBatch() {
      ManualEngine engine = engine(builder -> builder);
      BatchTemplates templates = engine.templates();
      JobType<String, Integer> other = JobType.of("other", String.class, Integer.class);
      templates.put("monthly", request);

      assertThatIllegalArgumentException()
          .isThrownBy(() -> templates.put("it", request.idempotencyKey("mine")))
          .withMessageContaining("idempotencyKey mine");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> templates.put("it", request.startAt(START)))
          .withMessageContaining("startAt " + START);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> templates.put("it", BatchRequest.of(ECHO, EngineFixture.texts(1_001))))
          .withMessageContaining("at most 1000 items");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> templates.request("monthly", other, List.of("a")))
          .withMessageContaining("\"echo\", not \"other\"");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> templates.request("yearly", ECHO, List.of("a")))
          .withMessageContaining("no template \"yearly\"");
      assertThat(templates.list()).hasSize(1);
    }
  }

  /** A node, and its way to the store. */
  private record Node(Faults faults, ManualEngine engine) {}

  private Node node(Schedule schedule, Consumer<Faults> fault) {
    Faults faults = new Faults(world.memory);
    fault.accept(faults);
    return new Node(faults, engine(faults, builder -> builder.schedule(schedule, this::request)));
  }

  /**
   * Nodes lose their way to the store before or after any call, die of it, or sleep for longer than
   * their session lasts. After each round the batches are those of the SUBMITTED fires; in the end
   * each minute has fired once.
   */
  @ParameterizedTest
  @DisplayName("REQ-M15 each instant fires once, whatever dies and when")
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void fireOnce(int seed) {
    fireOnce(seed, faults -> {});
  }

  /** It moves a schedule on, and only then writes the fires: what dies between leaves them out. */
  @Test
  @DisplayName("REQ-M15 fires and the next time in two transactions are noticed")
  void fireInTwoTransactions() {
    assertThatThrownBy(
            () -> {
              for (int seed = 1; seed <= 20; seed++) {
                fireOnce(seed, faults -> faults.always("fire", inTwoTransactions(faults)));
              }
            })
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("Expecting");
  }

  @SuppressWarnings("unchecked")
  private Faults.Detour inTwoTransactions(Faults faults) {
    return (arguments, real) -> {
      DueSchedule seen = (DueSchedule) arguments[0];
      Instant next = (Instant) arguments[2];
      if (seen.nextAt().equals(next)) {
        return real.call(); // the second one
      }
      boolean isMoved = world.memory.schedules().fire(seen, List.of(), next);
      return isMoved
          && faults
              .store()
              .schedules()
              .fire(
                  new DueSchedule(seen.number(), seen.schedule(), next, seen.now(), seen.waiting()),
                  (List<NewFire>) arguments[1],
                  next);
    };
  }

  private void fireOnce(int seed, Consumer<Faults> fault) {
    Random random = new Random(seed);
    Schedule minutely =
        Schedule.cron("minutely", "* * * * *", ZoneOffset.UTC)
            .onMissed(Missed.ALL)
            .onOverlap(Overlap.ALLOW);
    List<Node> nodes = new ArrayList<>(List.of(node(minutely, fault), node(minutely, fault)));
    Batches reader = engine(builder -> builder);
    for (int round = 0; round < 120; round++) {
      world.pass(Duration.ofMillis(random.nextInt(random.nextInt(8) == 0 ? 40_000 : 8_000)));
      int which = random.nextInt(nodes.size());
      Node node = nodes.get(which);
      boolean dies = random.nextInt(4) == 0;
      if (dies) {
        node.faults.goAwayAt(1 + random.nextInt(60), random.nextBoolean());
      }
      for (int step = random.nextInt(8); step > 0; step--) {
        EngineFixture.tryOnce(node.engine);
      }
      if (dies) {
        world.kill(node.engine);
        nodes.set(which, node(minutely, fault));
      }
      areOfFires(reader, "minutely");
    }
    world.pass(Duration.ofSeconds(40), nodes.get(0).engine);

    Instant last = world.clock.instant().truncatedTo(ChronoUnit.MINUTES);
    assertThat(fires(reader, "minutely"))
        .allMatch(fire -> fire.state() == FireState.SUBMITTED)
        .extracting(Fire::at)
        .containsExactlyElementsOf(
            Stream.iterate(last, at -> at.isAfter(START), at -> at.minus(MINUTE)).toList());
    areOfFires(reader, "minutely");
  }

  @ParameterizedTest
  @EnumSource(Overlap.class)
  void areRefusedTwice(Overlap overlap) {
    var builder = BatchEngine.builder(world.memory).schedule(HOURLY, this::request);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.schedule(HOURLY.onOverlap(overlap), this::request))
        .withMessageContaining("\"hourly\"");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.schedule(HOURLY.template("it"), this::request))
        .withMessageContaining("\"it\"");
  }

  @Test
  void thatAreUnknownAreRefused() {
    BatchSchedules schedules = engine(builder -> builder).schedules();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> schedules.pause("no", "why"))
        .withMessageContaining("no schedule \"no\"");
    assertThat(schedules.remove("no")).isFalse();
    assertThat(schedules.find("no")).isEmpty();
  }
}
