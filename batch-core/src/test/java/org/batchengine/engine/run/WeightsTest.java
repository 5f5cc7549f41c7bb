package org.batchengine.engine.run;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.batchengine.codec.JacksonCodecs;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.limit.Allowances;
import org.batchengine.engine.limit.Permit;
import org.batchengine.engine.loop.EngineClock;
import org.batchengine.engine.loop.Pulses;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.session.SessionKeeper;
import org.batchengine.limit.Limit;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.Measured;
import org.batchengine.store.StoredInput;
import org.batchengine.store.StoredLimit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who gets eight workers if tenants have weights or a batch is limited, on a virtual clock. */
class WeightsTest {
  private static final int WORKERS = 8;
  private static final long POLL_NANOS = Duration.ofMillis(500).toNanos();
  private static final TypeSettings SETTINGS =
      new TypeSettings(
          "work", WORKERS, 1, 1, false, 1, 5_000, Duration.ofSeconds(30), Duration.ofSeconds(30));

  private final Allowances allowances = new Allowances(new Signal(), () -> 0);
  private final Map<String, Source> sources = new LinkedHashMap<>();
  private final Map<String, Long> worked = new HashMap<>();
  private final Map<String, Integer> inHand = new HashMap<>();
  private final Map<String, Integer> mostInHand = new HashMap<>();
  private final List<Running> running = new ArrayList<>();
  private long now;
  private long lookedAt;
  private int idle;
  private Session session;
  private WorkQueue queue;

  /** The work of a tenant, in one batch. */
  private static final class Source {
    private final LiveBatch batch;
    private final long nanosPerItem;
    private long left;
    private int next;

    Source(LiveBatch batch, Duration perItem, long items) {
      this.batch = batch;
      nanosPerItem = perItem.toNanos();
      left = items;
    }
  }

  /** What a worker has taken. */
  private record Running(List<WorkItem> items, Permit permit, long began, long ends) {}

  @BeforeEach
  void open() {
    EngineClock clock = new EngineClock(() -> Instant.EPOCH.plusNanos(now), () -> now);
    InMemoryBatchStore store = new InMemoryBatchStore(clock.instants());
    session =
        new SessionKeeper(
                store.sessions(),
                "node",
                Duration.ofHours(1),
                () -> now,
                Pulses.of(clock).renewals())
            .open();
    queue = new WorkQueue(SETTINGS, new Signal(), new InputRoom(), allowances, () -> now);
  }

  private void submit(String tenant, Duration perItem, long items) {
    submit(tenant, perItem, items, null);
  }

  private void submit(String tenant, Duration perItem, long items, @Nullable Limit limit) {
    BatchHeader header =
        new BatchHeader(
            sources.size() + 1L,
            BatchId.of(new UUID(0, sources.size())),
            "work",
            tenant,
            null,
            5,
            "null",
            null,
            null,
            null,
            "json",
            "json",
            false,
            null,
            null,
            items,
            10,
            0,
            null,
            null,
            limit);
    allowances.changed(header);
    sources.put(
        tenant,
        new Source(
            new LiveBatch(header, JacksonCodecs.of(new ObjectMapper()), now), perItem, items));
    queue.look();
  }

  /** A tenant without end. */
  private void submit(String tenant, Duration perItem) {
    submit(tenant, perItem, Integer.MAX_VALUE);
  }

  /** How much work was done of each tenant meanwhile, as time of a worker. */
  private Map<String, Long> work(Duration duration) {
    worked.clear();
    idle = 0;
    long end = now + duration.toNanos();
    while (now < end) {
      if (now - lookedAt >= POLL_NANOS) {
        lookedAt = now;
        queue.look();
      }
      claim();
      while (running.size() < WORKERS && take()) {
        claim();
      }
      idle += WORKERS - running.size();
      now = running.stream().mapToLong(Running::ends).min().orElse(now + 1_000_000);
      for (Running each : List.copyOf(running)) {
        if (each.ends() <= now) {
          ended(each);
        }
      }
    }
    return worked;
  }

  private boolean take() {
    WorkQueue.Taken taken = queue.take();
    List<WorkItem> items = taken.items();
    if (!items.isEmpty()) {
      long nanos = items.stream().mapToLong(item -> nanos(item.batch())).sum();
      running.add(new Running(items, taken.permit(), now, now + nanos));
    }
    return !items.isEmpty();
  }

  private long nanos(LiveBatch batch) {
    Source source = sources.get(batch.header().tenant());
    return source == null ? 0 : source.nanosPerItem;
  }

  private void ended(Running done) {
    running.remove(done);
    done.permit().release();
    queue.ran(done.items(), done.ends() - done.began());
    queue.done(done.items());
    for (WorkItem item : done.items()) {
      String tenant = item.batch().header().tenant();
      worked.merge(tenant, nanos(item.batch()), Long::sum);
      inHand.merge(tenant, -1, Integer::sum);
    }
  }

  /** Claims and loads as long as anything is wanted that is there. */
  private void claim() {
    boolean gotAny = true;
    while (gotAny) {
      Wanted wanted = queue.wanted().orElse(null);
      Claim claim = wanted == null ? Claim.NOTHING : claim(wanted);
      if (wanted != null) {
        queue.claimed(wanted, claim);
      }
      claim.chunks().forEach(this::load);
      gotAny = !claim.isEmpty();
    }
  }

  /** Tenants take turns, as in a store. */
  private Claim claim(Wanted wanted) {
    List<ClaimedChunk> chunks = new ArrayList<>();
    Map<String, Integer> claimed = new HashMap<>();
    int missing = wanted.items();
    boolean gotAny = true;
    while (gotAny) {
      gotAny = false;
      for (Map.Entry<String, Source> each : sources.entrySet()) {
        Source source = each.getValue();
        var share = wanted.of(each.getKey());
        int had = claimed.getOrDefault(each.getKey(), 0);
        int items = (int) Math.min(source.left, Math.min(share.chunkItems(), share.items(5) - had));
        items = Math.min(items, Math.min(missing, most(source, wanted) - had));
        if (items > 0 && chunks.size() < 16) {
          chunks.add(
              new ClaimedChunk(source.batch.number(), "work", source.next, source.next + items, 0));
          source.next += items;
          source.left -= items;
          claimed.merge(each.getKey(), items, Integer::sum);
          missing -= items;
          gotAny = true;
        }
      }
    }
    boolean isCut = claimed.keySet().stream().anyMatch(this::has);
    boolean hasPassedOver =
        sources.keySet().stream().anyMatch(each -> has(each) && wanted.of(each).items(5) == 0);
    boolean more =
        isCut || (!hasPassedOver && sources.keySet().stream().anyMatch(each -> has(each, wanted)));
    return new Claim(chunks, List.of(), more);
  }

  private static int most(Source source, Wanted wanted) {
    return wanted.batches().getOrDefault(source.batch.number(), Integer.MAX_VALUE);
  }

  private boolean has(String tenant, Wanted wanted) {
    Source source = sources.get(tenant);
    return has(tenant) && source != null && most(source, wanted) > 0;
  }

  private boolean has(String tenant) {
    Source source = sources.get(tenant);
    return source != null && source.left > 0;
  }

  private void load(ClaimedChunk chunk) {
    LiveBatch batch =
        sources.values().stream()
            .map(source -> source.batch)
            .filter(each -> each.number() == chunk.batch())
            .findFirst()
            .orElseThrow();
    Lease lease = Lease.ofChunk(session, batch, chunk);
    queue.comes(lease, chunk.to() - chunk.from());
    String tenant = batch.header().tenant();
    int has = inHand.merge(tenant, chunk.to() - chunk.from(), Integer::sum);
    mostInHand.merge(tenant, has, Math::max);
    queue.add(
        IntStream.range(chunk.from(), chunk.to())
            .mapToObj(
                index ->
                    new WorkItem(
                        lease,
                        new StoredInput(batch.number(), index, null, "1"),
                        0,
                        0,
                        Measured.NONE))
            .toList());
  }

  private void weigh(String tenant, int weight) {
    long since = Math.max(0, allowances.revision());
    Limit limit = Limit.none().weight(weight);
    allowances.changed(
        List.of(new StoredLimit(LimitName.ofTenant(tenant), limit, Duration.ZERO, since + 1)),
        since);
  }

  private double part(String tenant, Map<String, Long> of) {
    return of.getOrDefault(tenant, 0L)
        / (double) of.values().stream().mapToLong(Long::longValue).sum();
  }

  @ParameterizedTest
  @CsvSource({"10, 10", "1, 100", "100, 1", "1000, 1000"})
  void aTenantOfWeightThreeGetsThreeTimesTheWork(long heavyMillis, long lightMillis) {
    weigh("heavy", 3);
    submit("light", Duration.ofMillis(lightMillis));
    submit("heavy", Duration.ofMillis(heavyMillis));
    work(Duration.ofSeconds(10));

    assertThat(part("heavy", work(Duration.ofSeconds(60)))).isBetween(0.70, 0.78);
    assertThat(idle).isZero();
  }

  @Test
  void whatIsInHandIsByWeight() {
    weigh("heavy", 3);
    submit("light", Duration.ofMillis(10));
    submit("heavy", Duration.ofMillis(10));
    work(Duration.ofSeconds(10));
    mostInHand.clear();
    work(Duration.ofSeconds(10));

    assertThat(mostInHand.get("light")).isLessThan(80);
    assertThat(mostInHand.get("heavy")).isGreaterThan(140);
  }

  @Test
  void aWeightThatChangesCountsAtOnce() {
    submit("one", Duration.ofMillis(10));
    submit("other", Duration.ofMillis(10));
    assertThat(part("one", work(Duration.ofSeconds(10)))).isBetween(0.47, 0.53);

    weigh("one", 3);
    assertThat(part("one", work(Duration.ofSeconds(1)))).isBetween(0.70, 0.78);

    weigh("one", 1);
    weigh("other", 3);
    assertThat(part("other", work(Duration.ofSeconds(1)))).isBetween(0.70, 0.78);

    weigh("other", 1);
    assertThat(part("one", work(Duration.ofSeconds(1)))).isBetween(0.45, 0.55);
  }

  @ParameterizedTest
  @CsvSource({"1", "3", "1000"})
  void whatATenantDoesNotNeedTheOthersHave(int weight) {
    weigh("heavy", weight);
    submit("light", Duration.ofSeconds(1));
    work(Duration.ofSeconds(10));
    submit("heavy", Duration.ofMinutes(10), 1);
    work(Duration.ofSeconds(10));

    assertThat(part("light", work(Duration.ofSeconds(60)))).isEqualTo(1);
    assertThat(idle).isZero();
  }

  @Test
  void allWorkersAreBusyWithTheExtremes() {
    weigh("heavy", 1000);
    submit("light", Duration.ofMillis(10));
    submit("heavy", Duration.ofMillis(10));
    work(Duration.ofSeconds(10));

    assertThat(part("heavy", work(Duration.ofSeconds(60)))).isBetween(0.99, 0.9999);
    assertThat(idle).isZero();
  }

  /** What waits in the queue. */
  private record InQueue(WorkQueue queue) implements Allowances.Waiting {
    @Override
    public List<Part> parts(String type) {
      return queue.waitingCalls();
    }

    @Override
    public int workers(String type) {
      return WORKERS;
    }

    @Override
    public double nanosBetween(String type) {
      return 1_000_000;
    }

    @Override
    public Duration patience(String type) {
      return Duration.ZERO;
    }

    @Override
    public Collection<String> types() {
      return List.of("work");
    }
  }

  @Test
  void moreOfALimitedBatchIsClaimedBeforeAllThatIsInHandHasRun() {
    Limit two = Limit.none().running(2);
    submit("one", Duration.ofMillis(10), Integer.MAX_VALUE, two);
    claim();
    LimitAsk ask = requireNonNull(allowances.ask(session.id(), new InQueue(queue), now));
    Duration second = Duration.ofSeconds(1);
    allowances.answered(
        ask, new LimitAnswer(two, 2, 0, 0, 1, 0, second, Duration.ZERO, 0, 0, 0), now);
    lookedAt = Duration.ofDays(1).toNanos(); // no poll

    assertThat(work(Duration.ofSeconds(10)).get("one")).isGreaterThan(19_000_000_000L);
  }
}
