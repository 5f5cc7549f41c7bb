package org.batchengine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.batchengine.SimulatedBatch.Shape;
import org.batchengine.engine.session.Session;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.model.StoreException;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.jspecify.annotations.Nullable;

/**
 * Limits of calls in a simulation: hosts set them, and what begins and runs must keep them. Only
 * some seeds have limits. It has dice of its own, so that the others go on as they did.
 */
final class SimulatedLimits {
  /** How long places of a rate may be used after they were asked for, at most, beside its time. */
  private static final long LAG = TimeUnit.SECONDS.toNanos(3);

  private static final Limit SMALLEST = Limit.none().rate(1, Limit.SHORTEST).running(1);
  private static final String REASON = SimulationWatch.STEERED;

  private final Simulation simulation;
  private final boolean isOn;
  private final Random dice;

  /** What the store has, each with the time from which it counts, oldest first. */
  private final Map<LimitName, List<Setting>> settings = new HashMap<>();

  private final Set<LimitName> own = new HashSet<>();

  /** When a session last got an answer about a limit. */
  private final Map<Asked, Long> asked = new HashMap<>();

  private final Map<LimitName, List<Long>> begun = new HashMap<>();
  private final Map<SimulatedCall, Counted> running = new HashMap<>();

  /** Types that a node has held, and until when. */
  private final Map<Held, Long> held = new HashMap<>();

  /** Until then a jump of the store's clock may have brought places together. */
  private long blindUntil;

  private record Setting(long from, Limit limit) {}

  private record Asked(long session, LimitName name) {}

  private record Held(SimulatedNode node, String type) {}

  /** A call that runs, of which session, and the limits that its session had asked. */
  private record Counted(long session, Set<LimitName> names) {}

  /** One seed of five has limits. */
  SimulatedLimits(Simulation simulation) {
    this.simulation = simulation;
    isOn = Math.floorMod(simulation.seed(), 5L) == 3;
    dice = new Random(simulation.seed() * 0x9E3779B97F4A7C15L + 7);
  }

  /** How much longer batches may take. */
  Duration patience() {
    return isOn ? Duration.ofSeconds(60) : Duration.ZERO;
  }

  // --- What hosts do ---

  /** Perhaps a host changes a limit. */
  void step(SimulatedNode node) {
    if (isOn && dice.nextInt(12) == 0 && node.isAwake()) {
      change(node, dice.nextInt(9));
    }
  }

  private void change(SimulatedNode node, int what) {
    JobType<String, String> type =
        List.of(Shape.values()).get(dice.nextInt(Shape.values().length)).type();
    String tenant = "tenant-" + dice.nextInt(2);
    BatchLimits limits = node.batches.limits();
    simulation.trace(() -> node.name + " changes limits of " + type.name() + " or " + tenant);
    try {
      switch (what) {
        case 0, 1 -> limits.set(type, limit(), REASON);
        case 2 -> limits.reset(type, REASON);
        case 3 -> limits.setTenant(tenant, limit(), REASON);
        case 4 -> limits.resetTenant(tenant, REASON);
        case 5 -> limits.setEachTenant(limit(), REASON);
        case 6, 7 -> {
          Duration time = Duration.ofMillis(1 + dice.nextInt(8_000));
          long until = simulation.elapsed() + time.toNanos();
          long blind = blindUntil;
          limits.hold(type, time, REASON);
          if (blind == blindUntil) {
            held.merge(new Held(node, type.name()), until, Math::max);
          }
        }
        default -> limits.release(type, REASON);
      }
    } catch (StoreException e) {
      simulation.trace(() -> "  " + e.getMessage());
    }
  }

  private Limit limit() {
    Limit limit =
        switch (dice.nextInt(4)) {
          case 0 -> SMALLEST;
          case 1 -> Limit.none();
          default ->
              Limit.none().rate(1 + dice.nextInt(8), Duration.ofMillis(100 + dice.nextInt(1_900)));
        };
    return dice.nextBoolean() ? limit.running(1 + dice.nextInt(3)) : limit;
  }

  /** Nothing goes wrong any more: all is limited as much as can be, or nothing; holds end. */
  void calmDown(SimulatedNode node) {
    if (!isOn) {
      return;
    }
    BatchLimits limits = node.batches.limits();
    Limit limit = dice.nextBoolean() ? SMALLEST : Limit.none();
    for (Shape shape : Shape.values()) {
      limits.set(shape.type(), limit, REASON);
    }
    limits.setEachTenant(limit, REASON);
    for (int i = 0; i < 2; i++) {
      limits.resetTenant("tenant-" + i, REASON);
    }
  }

  // --- What the store has heard ---

  /** The store's clock has jumped. */
  void jumped() {
    blindUntil = simulation.elapsed() + 2 * LAG;
    held.clear();
  }

  /** A verb of limits was answered by the store. */
  void heard(String verb, Object[] arguments) {
    if (!isOn) {
      return;
    }
    switch (verb) {
      case "set" -> {
        LimitName name = (LimitName) arguments[0];
        set(name, (Limit) arguments[1]);
      }
      case "ask" -> {
        LimitAsk ask = (LimitAsk) arguments[0];
        asked.put(new Asked(ask.session(), ask.name()), simulation.elapsed());
      }
      case "release" -> {
        if (arguments[0] instanceof String type) {
          held.keySet().removeIf(each -> each.type.equals(type));
        }
      }
      default -> {
        // nothing else changes what may begin
      }
    }
  }

  private void set(LimitName name, @Nullable Limit limit) {
    boolean isOfEach = name.equals(LimitName.EACH_TENANT);
    if (limit == null) {
      own.remove(name);
    } else if (!isOfEach) {
      own.add(name);
    }
    Limit now = limit != null ? limit : unset(name);
    settings(name).add(new Setting(simulation.elapsed(), now));
    if (isOfEach) {
      for (int i = 0; i < 2; i++) {
        LimitName tenant = LimitName.ofTenant("tenant-" + i);
        if (!own.contains(tenant)) {
          settings(tenant).add(new Setting(simulation.elapsed(), now));
        }
      }
    }
  }

  private Limit unset(LimitName name) {
    return name.scope() == LimitScope.TENANT && !name.equals(LimitName.EACH_TENANT)
        ? last(settings(LimitName.EACH_TENANT)).limit
        : Limit.none();
  }

  private List<Setting> settings(LimitName name) {
    return settings.computeIfAbsent(
        name, any -> new ArrayList<>(List.of(new Setting(-1, Limit.none()))));
  }

  private static Setting last(List<Setting> all) {
    return all.get(all.size() - 1);
  }

  /** Those that counted at that time or later. */
  private List<Limit> since(LimitName name, long time) {
    List<Setting> all = settings(name);
    int first = all.size() - 1;
    while (first > 0 && all.get(first).from >= time) {
      first--;
    }
    return all.subList(first, all.size()).stream().map(Setting::limit).toList();
  }

  // --- Calls ---

  /** A call begins: of an item or, in bulk, of a chunk. */
  void begins(SimulatedNode node, SimulatedCall call) {
    Session session = node.parts.sessions.current();
    if (!isOn || session == null || !isThere(session.id())) {
      return;
    }
    SimulatedBatch batch = call.items.get(0).batch;
    String type = batch.shape.type().name();
    long until = held.getOrDefault(new Held(node, type), Long.MIN_VALUE);
    if (simulation.elapsed() < until) {
      throw simulation.violated("M19 " + call.items + " begins while its type is held", null);
    }
    Set<LimitName> counted = new HashSet<>();
    for (LimitName name : List.of(LimitName.ofType(type), LimitName.ofTenant(batch.tenant))) {
      Long last = asked.get(new Asked(session.id(), name));
      if (last != null && since(name, last).stream().allMatch(Limit::limitsCalls)) {
        counted.add(name);
      }
    }
    running.put(call, new Counted(session.id(), counted));
    for (LimitName name : counted) {
      keepsRunning(name);
      if (!batch.shape.isBooked()) {
        keepsRate(name);
      }
    }
  }

  void ends(SimulatedCall call) {
    running.remove(call);
  }

  private boolean isThere(long session) {
    return simulation.ground().sessions().contains(session);
  }

  /** At most as many run as were allowed since a session that has some asked last. */
  private void keepsRunning(LimitName name) {
    running.entrySet().removeIf(each -> !isThere(each.getValue().session));
    List<Long> sessions =
        running.entrySet().stream()
            .filter(each -> each.getValue().names.contains(name) && !each.getKey().isGivenUp())
            .map(each -> each.getValue().session)
            .toList();
    long since =
        sessions.stream()
            .map(session -> asked.get(new Asked(session, name)))
            .min(Comparator.naturalOrder())
            .orElseThrow();
    int most =
        since(name, since).stream()
            .mapToInt(limit -> limit.running().orElse(Integer.MAX_VALUE))
            .max()
            .orElseThrow();
    if (sessions.size() > most) {
      throw simulation.violated(
          "M19 %d calls of %s run, %d may".formatted(sessions.size(), name, most), null);
    }
  }

  /** In a window in which a limit was changed, at most as many as all of them together allow. */
  private void keepsRate(LimitName name) {
    long now = simulation.elapsed();
    List<Long> all = begun.computeIfAbsent(name, any -> new ArrayList<>());
    if (now >= blindUntil) {
      all.add(now);
    } else {
      all.clear();
    }
    Limit.Rate rate = last(settings(name)).limit.rate().orElse(null);
    if (rate == null) {
      return;
    }
    long window = rate.per().toNanos();
    long most = 0;
    for (Limit limit : since(name, now - window - LAG)) {
      Limit.Rate each = limit.rate().orElse(null);
      if (each == null) {
        return;
      }
      most += each.most() * (1 + (window - 1) / each.per().toNanos());
    }
    long began = all.stream().filter(time -> time > now - window).count();
    if (began > most) {
      throw simulation.violated(
          "M19 %d calls of %s begin within %s, %d may".formatted(began, name, rate.per(), most),
          null);
    }
  }
}
