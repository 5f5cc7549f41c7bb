package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.model.BatchState.PAUSED;
import static org.batchengine.model.BatchState.STOPPING;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.batchengine.model.BatchException;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.StateChange;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Predecessors;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.Settlement;
import org.batchengine.store.Steering;
import org.batchengine.store.StoredInput;
import org.batchengine.store.Submitted;
import org.batchengine.store.Submitted.Created;
import org.batchengine.store.WaitScope;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The store in memory stands for the others in simulations: told the same, it answers the same. A
 * seed makes a run of verbs, each is sent to two stores, and each answer is compared.
 */
class SameAnswersTest {
  private static final int STEPS = 250;

  @ParameterizedTest(name = "seed {0}")
  @DisplayName("In memory and H2 answer alike")
  @ValueSource(longs = {1, 2, 3, 133})
  void inMemoryAndH2(long seed) {
    new Run(seed, JdbcUnderTest.onH2()).run();
  }

  @ParameterizedTest(name = "seed {0}")
  @DisplayName("In memory and PostgreSQL answer alike")
  @ValueSource(longs = {4, 5})
  void inMemoryAndPostgres(long seed) {
    new Run(seed, JdbcUnderTest.onPostgres()).run();
  }

  /** A store, and what it calls the batches and sessions that the run knows by their place. */
  private static final class Side {
    final StoreUnderTest under;
    final BatchStore store;
    final List<Long> batches = new ArrayList<>();
    final List<Long> sessions = new ArrayList<>();

    Side(StoreUnderTest under) {
      this.under = under;
      this.store = under.store();
    }

    long batch(int place) {
      return batches.get(place);
    }

    int place(long batch) {
      return batches.indexOf(batch);
    }

    long session(int place) {
      return sessions.get(place);
    }

    String name(ClaimedChunk chunk) {
      return "batch %d of %s [%d, %d) lost %d"
          .formatted(place(chunk.batch()), chunk.type(), chunk.from(), chunk.to(), chunk.lost());
    }

    String name(ClaimedItem item) {
      return "batch %d of %s item %d attempts %d suspect %s"
          .formatted(
              place(item.batch()), item.type(), item.index(), item.attempts(), item.suspect());
    }

    String name(Claim claim) {
      return claim.chunks().stream().map(this::name).toList()
          + " "
          + claim.parked().stream().map(this::name).toList()
          + " more "
          + claim.more();
    }
  }

  /** One run. The first store is the one in memory. */
  private static final class Run {
    private final Random random;
    private final Side memory = new Side(new InMemoryBatchStoreTest().open());
    private final Side database;
    private final List<BatchId> ids = new ArrayList<>();
    private final Set<Integer> open = new TreeSet<>();
    private final Map<Integer, Integer> settled = new HashMap<>();
    private final Map<Integer, SettlementPlan> last = new HashMap<>();
    private final List<String> log = new ArrayList<>();
    private long nextId = 1;

    Run(long seed, StoreUnderTest database) {
      this.random = new Random(seed);
      this.database = new Side(database);
    }

    void run() {
      try (StoreUnderTest one = memory.under;
          StoreUnderTest other = database.under) {
        for (int step = 0; step < STEPS; step++) {
          step();
          if (step % 10 == 0) {
            look();
            assertThat(one.violations()).as("%s", log).isEmpty();
            assertThat(other.violations()).as("%s", log).isEmpty();
          }
        }
        look();
      }
    }

    /** No two steps are at the same time: places in a queue are by time. */
    private void step() {
      pass(Duration.ofNanos(1_000));
      switch (random.nextInt(23)) {
        case 0, 1 -> submit();
        case 2 -> openSession();
        case 3, 4, 5 -> claim();
        case 6 -> claimSuspect();
        case 7, 8, 9 -> settle();
        case 10 -> pass(Duration.ofMillis(random.nextInt(4_000)));
        case 11 -> expire();
        case 12 -> endSession();
        case 13 -> {
          complete();
          same(
              "look at what waits",
              side -> side.store.waiting().look(WaitScope.ALL, 1_000),
              look -> look.released() + " " + look.empty().size() + " " + look.cancelled().size());
        }
        case 14 -> hide();
        case 15, 16, 17 -> steer();
        case 18 -> lookAtSteering();
        case 20, 21 -> answer();
        case 22 -> claimOverdue();
        default -> sendAgain();
      }
    }

    /** Asks both, and returns the answer of the store in memory. */
    private <T> T same(String what, Function<Side, T> verb, Function<T, Object> inWords) {
      return same(what, verb, (side, answer) -> inWords.apply(answer));
    }

    private <T> T same(String what, Function<Side, T> verb, Words<T> words) {
      log.add(what);
      Answer<T> one = answer(memory, verb, words);
      Answer<T> other = answer(database, verb, words);
      assertThat(other.words()).as("%s", log).isEqualTo(one.words());
      return one.answer();
    }

    private static <T> Answer<T> answer(Side side, Function<Side, T> verb, Words<T> words) {
      try {
        T answer = verb.apply(side);
        return new Answer<>(answer, words.of(side, answer));
      } catch (BatchException | IllegalStateException e) {
        return new Answer<>(null, e.getClass().getSimpleName());
      }
    }

    private interface Words<T> {
      Object of(Side side, T answer);
    }

    private record Answer<T>(T answer, Object words) {}

    // --- Steps ---

    private void answer() {
      if (ids.isEmpty() || open.isEmpty()) {
        return;
      }
      int session = session();
      int batch = random.nextInt(ids.size());
      Map<Integer, Integer> attempts = new TreeMap<>();
      for (int index = 0; index < 5; index++) {
        attempts.put(index, random.nextInt(3));
      }
      same(
          "answer " + attempts + " of batch " + batch + " for session " + session,
          side ->
              side.store
                  .settling()
                  .settleDeferred(
                      side.session(session),
                      side.batch(batch),
                      attempts,
                      items -> answers(side.session(session), items)),
          TreeMap::new);
    }

    private static Settlement answers(long session, List<ClaimedItem> items) {
      return Settlement.ofAnswers(
          session,
          items.stream()
              .map(
                  item ->
                      new Settlement.Outcome(
                          item.batch(),
                          item.index(),
                          ItemState.SUCCEEDED,
                          item.attempts(),
                          "from outside",
                          7,
                          null,
                          null,
                          true))
              .toList(),
          List.of(),
          List.of());
    }

    private void claimOverdue() {
      if (open.isEmpty()) {
        return;
      }
      int session = session();
      same(
          "claim what is overdue for session " + session,
          side ->
              side.store
                  .claiming()
                  .claimOverdue(side.session(session), List.of("annotate", "report")),
          (side, claim) -> claim.parked().stream().map(side::name).sorted().toList());
    }

    private void submit() {
      BatchId id =
          random.nextInt(10) == 0 && !ids.isEmpty() ? pick(ids) : BatchId.of(new UUID(7, nextId++));
      NewBatches batch =
          NewBatches.withId(id)
              .type(random.nextBoolean() ? "annotate" : "report")
              .priority(random.nextInt(3) + 4)
              .name("Batch " + random.nextInt(5));
      if (random.nextInt(3) == 0) {
        batch.idempotencyKey("key-" + random.nextInt(4));
      }
      if (random.nextInt(4) == 0) {
        batch.startAt(memory.under.clock().instant().plusSeconds(random.nextInt(14) - 5));
      }
      if (random.nextInt(4) == 0) {
        batch.tolerateFailures(random.nextInt(20));
      }
      if (random.nextInt(4) == 0) {
        batch.deadline(Duration.ofSeconds(1 + random.nextInt(30)));
      }
      if (random.nextInt(4) == 0 && !ids.isEmpty()) {
        BatchId one = pick(ids);
        BatchId other = pick(ids);
        batch.after(
            new Predecessors(
                List.of(one),
                one.equals(other) ? List.of() : List.of(other),
                random.nextBoolean()));
      }
      List<NewItem> items = items();
      NewBatch described = batch.build();
      if (random.nextInt(3) > 0 || open.isEmpty()) {
        created(
            id, "submit " + items.size(), side -> side.store.submitting().submit(described, items));
      } else {
        submitInPages(id, described, items);
      }
    }

    private void submitInPages(BatchId id, NewBatch described, List<NewItem> items) {
      int session = session();
      if (!created(
          id, "begin", side -> side.store.submitting().begin(described, side.session(session)))) {
        return;
      }
      int batch = ids.size() - 1;
      int pages = random.nextInt(3);
      for (int page = 0; page < pages; page++) {
        same(
            "append " + items.size(),
            side -> {
              side.store.submitting().append(side.batch(batch), side.session(session), items);
              return "done";
            },
            words -> words);
      }
      if (random.nextInt(4) > 0) {
        same(
            "finish",
            side -> {
              side.store
                  .submitting()
                  .finish(side.batch(batch), side.session(session), NewBatches.by("alice"));
              return "done";
            },
            words -> words);
      } else if (random.nextBoolean()) {
        same(
            "abandon",
            side -> {
              side.store.submitting().abandon(side.batch(batch), side.session(session));
              return "done";
            },
            words -> words);
      }
    }

    private boolean created(BatchId id, String what, Function<Side, Submitted> verb) {
      boolean[] isCreated = new boolean[1];
      same(
          what + " " + id,
          side -> {
            var submitted = verb.apply(side);
            if (submitted instanceof Created created) {
              side.batches.add(created.batch());
              isCreated[0] = true;
            }
            return submitted;
          },
          submitted -> submitted.getClass().getSimpleName());
      if (isCreated[0]) {
        ids.add(id);
      }
      return isCreated[0];
    }

    private List<NewItem> items() {
      int size = pick(List.of(0, 1, 3, 30, 120, 250));
      boolean keyed = random.nextInt(3) == 0;
      int twice = random.nextInt(6) == 0 ? 2 : 0;
      return IntStream.range(0, size)
          .mapToObj(i -> new NewItem(keyed ? "k" + Math.max(i, twice) : null, "in" + i))
          .toList();
    }

    private void openSession() {
      if (open.size() == 4) {
        return;
      }
      int place = memory.sessions.size();
      Duration expiry = Duration.ofSeconds(5 + random.nextInt(10));
      same(
          "open session",
          side -> side.sessions.add(side.store.sessions().open("host", expiry)),
          isAdded -> isAdded);
      open.add(place);
      settled.put(place, 0);
    }

    private Wanted wanted(String type) {
      return new Wanted(
          type, 1 + random.nextInt(60), 1 + random.nextInt(40), 1 + random.nextInt(60));
    }

    private void claim() {
      if (open.isEmpty()) {
        openSession();
      }
      int session = session();
      List<Wanted> wanted = new ArrayList<>();
      wanted.add(wanted("annotate"));
      if (random.nextBoolean()) {
        wanted.add(wanted("report"));
      }
      Claim claim =
          same(
              "claim " + wanted,
              side -> side.store.claiming().claim(new ClaimRequest(side.session(session), wanted)),
              Side::name);
      if (claim == null) {
        open.remove(session);
        return;
      }
      Set<Integer> claimed = new HashSet<>();
      claim.chunks().forEach(chunk -> claimed.add(memory.place(chunk.batch())));
      if (random.nextInt(3) > 0) {
        same(
            "mark " + claimed,
            side -> side.store.claiming().markRunning(claimed.stream().map(side::batch).toList()),
            (side, marked) -> marked.stream().map(side::place).sorted().toList());
      }
    }

    private void claimSuspect() {
      if (open.isEmpty()) {
        return;
      }
      int session = session();
      same(
          "claim a suspect",
          side ->
              side.store
                  .claiming()
                  .claimSuspect(
                      side.session(session), List.of("annotate", "report"), Duration.ofSeconds(2)),
          Side::name);
    }

    private void settle() {
      if (open.isEmpty()) {
        return;
      }
      int session = session();
      SettlementPlan plan = plan(session);
      int number = settled.merge(session, 1, Integer::sum);
      last.put(session, plan);
      Boolean applied = send(session, number, plan);
      if (applied == null) {
        open.remove(session);
      }
    }

    private void sendAgain() {
      if (open.isEmpty()) {
        return;
      }
      int session = session();
      if (last.containsKey(session)) {
        send(session, settled.get(session), last.get(session));
      }
    }

    private Boolean send(int session, int number, SettlementPlan plan) {
      return same(
          "settle " + number + " of session " + session + " " + plan,
          side ->
              side.store
                  .settling()
                  .settle(
                      plan.draft(side::batch, memory.under.clock().instant())
                          .numbered(side.session(session), number)),
          applied -> applied);
    }

    /** What becomes of some of the items that the session owns. */
    private SettlementPlan plan(int session) {
      SettlementPlan plan = new SettlementPlan();
      Claim owned = memory.store.claiming().owned(memory.session(session));
      for (ClaimedChunk chunk : owned.chunks()) {
        if (random.nextInt(3) == 0) {
          continue;
        }
        List<StoredInput> inputs = memory.store.claiming().load(chunk);
        boolean all = random.nextInt(3) > 0;
        int left = inputs.size();
        for (StoredInput input : inputs) {
          if (all || random.nextBoolean()) {
            plan.add(memory.place(chunk.batch()), input.index(), 0, false, dice());
            left--;
          }
        }
        if (left == 0) {
          plan.remove(memory.place(chunk.batch()), chunk);
        }
      }
      for (ClaimedItem item : owned.parked()) {
        if (random.nextInt(3) > 0) {
          plan.add(memory.place(item.batch()), item.index(), item.attempts(), true, dice());
        }
      }
      return plan;
    }

    private int dice() {
      return random.nextInt(10);
    }

    private void pass(Duration time) {
      log.add("pass " + time);
      memory.under.clock().advance(time);
      database.under.clock().advance(time);
    }

    private void expire() {
      List<SessionExpiry> expired =
          same(
              "expired sessions",
              side -> side.store.sessions().expired(),
              (side, all) ->
                  all.stream()
                      .map(each -> side.sessions.indexOf(each.session()) + " " + each.expiresAt())
                      .toList());
      for (SessionExpiry each : expired) {
        int session = memory.sessions.indexOf(each.session());
        if (random.nextInt(3) == 0) {
          renew(session);
        } else {
          same(
              "reap session " + session,
              side ->
                  side.store
                      .sessions()
                      .reap(new SessionExpiry(side.session(session), each.expiresAt())),
              isReaped -> isReaped);
          open.remove(session);
        }
      }
    }

    private void renew(int session) {
      same(
          "renew session " + session,
          side -> {
            try (SessionRenewal renewal = side.store.sessions().renewal()) {
              return renewal.renew(side.session(session), Duration.ofSeconds(8));
            }
          },
          isRenewed -> isRenewed);
    }

    private void endSession() {
      if (open.isEmpty()) {
        return;
      }
      int session = session();
      if (random.nextInt(3) > 0) {
        renew(session);
        return;
      }
      same(
          "release session " + session,
          side -> {
            side.store.sessions().release(side.session(session));
            return "done";
          },
          words -> words);
      open.remove(session);
    }

    private void complete() {
      List<Integer> done =
          same(
              "done batches",
              side -> side.store.sweeping().done(3).stream().map(side::place).sorted().toList(),
              all -> all);
      same(
          "repair",
          side -> {
            side.store.sweeping().repair();
            return "done";
          },
          words -> words);
      Set<Integer> looked = new HashSet<>(done);
      if (!ids.isEmpty()) {
        looked.add(random.nextInt(ids.size()));
      }
      for (int batch : looked) {
        same(
            "complete batch " + batch,
            s ->
                s.store.settling().completeIfDone(List.of(s.batch(batch))).stream()
                    .map(BatchJob::toMap)
                    .toList(),
            job -> job);
      }
    }

    private void steer() {
      if (ids.isEmpty()) {
        return;
      }
      int batch = random.nextInt(ids.size());
      Steering steering =
          new Steering(
              ids.get(batch), null, NewBatches.by("engine"), "reason " + random.nextInt(3));
      switch (random.nextInt(9)) {
        case 0 ->
            steer("cancel", batch, store -> store.steering().cancel(steering, CancelMode.GRACEFUL));
        case 1 ->
            steer("cut off", batch, store -> store.steering().cancel(steering, CancelMode.FORCED));
        case 2, 3 -> steer("pause", batch, store -> store.steering().pause(steering));
        case 4, 5 -> steer("resume", batch, store -> store.steering().resume(steering));
        case 6 -> {
          FailedItems which = failedItems();
          steer("retry " + which, batch, store -> store.steering().retryFailed(steering, which));
        }
        case 7 ->
            same(
                "give up " + batch,
                side -> side.store.steering().giveUp(side.batch(batch), "engine"),
                isGivenUp -> isGivenUp);
        default ->
            same(
                "cancel what nobody owns of " + batch,
                side -> side.store.sweeping().cancelUnowned(side.batch(batch), 1_000),
                more -> more);
      }
    }

    private void steer(String what, int batch, Function<BatchStore, Optional<StateChange>> verb) {
      same(what + " " + batch, side -> verb.apply(side.store), change -> change);
    }

    private FailedItems failedItems() {
      return switch (random.nextInt(4)) {
        case 0 -> FailedItems.ofType(random.nextBoolean() ? "E_TEST" : "NODE_CRASH");
        case 1 -> FailedItems.at(random.nextInt(10), 10 + random.nextInt(100));
        case 2 -> FailedItems.keyed("k3", "k5", "k17");
        default -> FailedItems.all();
      };
    }

    private void lookAtSteering() {
      same(
          "steered",
          side ->
              side.store.steering().steered(side.batches).stream()
                  .filter(each -> each.state() == PAUSED || each.state() == STOPPING)
                  .map(each -> side.place(each.batch()) + " " + each.state() + " " + each.forced())
                  .sorted()
                  .toList(),
          all -> all);
      same(
          "stopping",
          side -> side.store.sweeping().stopping(1_000).stream().map(side::place).sorted().toList(),
          all -> all);
      same(
          "overdue",
          side -> side.store.sweeping().overdue(1_000).stream().map(side::place).sorted().toList(),
          all -> all);
      for (int batch = 0; batch < ids.size(); batch++) {
        int place = batch;
        same(
            "failures of " + place,
            side -> side.store.settling().failures(side.batch(place)),
            failures -> failures);
      }
    }

    private void hide() {
      if (ids.isEmpty()) {
        return;
      }
      BatchId id = pick(ids);
      same(
          "hide " + id,
          side -> side.store.steering().hide(id, null, NewBatches.by("admin")),
          isHidden -> isHidden);
      if (random.nextBoolean()) {
        same(
            "remove hidden",
            side -> {
              while (side.store.sweeping().removeHidden(50)) {
                log.add("more");
              }
              return "done";
            },
            words -> words);
      }
    }

    // --- Looks ---

    private void look() {
      for (BatchId id : new HashSet<>(ids)) {
        same(
            "find " + id,
            side -> side.store.reading().find(id, null).map(BatchJob::toMap),
            job -> job);
      }
      same("states", side -> side.store.reading().states(ids), states -> states);
      same(
          "history",
          side -> side.store.reading().history(HistoryQuery.all().limit(5)),
          page -> page.items());
      for (int session : open) {
        same(
            "owned " + session,
            side -> side.store.claiming().owned(side.session(session)),
            Side::name);
      }
      if (!ids.isEmpty()) {
        int batch = random.nextInt(ids.size());
        List<ItemQuery> queries =
            List.of(
                ItemQuery.all().limit(1_000),
                ItemQuery.inState(ItemState.FAILED),
                ItemQuery.inState(ItemState.RUNNING, ItemState.RETRYING),
                ItemQuery.all().errorType("E_TEST").limit(7));
        for (ItemQuery query : queries) {
          same("items " + query, side -> items(side, batch, query), items -> items);
        }
        same("groups", side -> groups(side, batch), groups -> groups);
      }
    }

    private static Object items(Side side, int batch, ItemQuery query) {
      List<BatchHeader> headers = side.store.claiming().headers(List.of(side.batch(batch)));
      return headers.isEmpty() ? "none" : side.store.reading().items(headers.get(0), query).items();
    }

    private static Object groups(Side side, int batch) {
      List<BatchHeader> headers = side.store.claiming().headers(List.of(side.batch(batch)));
      return headers.isEmpty() ? "none" : side.store.reading().errorGroups(headers.get(0), 10);
    }

    private int session() {
      return pick(new ArrayList<>(open));
    }

    private <T> T pick(List<T> from) {
      return from.get(random.nextInt(from.size()));
    }
  }
}
