package org.batchengine;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.batchengine.SimulatedBatch.Item;
import org.batchengine.SimulatedBatch.Kind;
import org.batchengine.SimulatedBatch.Shape;
import org.jspecify.annotations.Nullable;

/** The host code of a node: what items do when they are called, as their kinds and the seed say. */
final class SimulatedCode {
  /** How outputs begin that no store keeps. */
  static final String UNKEPT = "not to be kept";

  private final Simulation simulation;
  private final Random random;
  private final SimulatedNode node;

  SimulatedCode(Simulation simulation, Random random, SimulatedNode node) {
    this.simulation = simulation;
    this.random = random;
    this.node = node;
  }

  /** Registers the shapes of work that the node knows. */
  BatchEngine.Builder register(
      BatchEngine.Builder builder, List<Shape> shapes, JobOptions options) {
    BatchEngine.Builder all = builder;
    for (Shape shape : shapes) {
      JobType<String, String> type = shape.type();
      all =
          switch (shape) {
            case PLAIN, ORDERED -> all.register(type, this::item, options);
            case BULK -> all.registerBulk(type, this::bulk, options.chunkSize(4));
            case BOOKED ->
                all.registerTransactional(
                    type, simulation.ground().transactions(), this::booked, options.chunkSize(4));
            case BOOKED_IN_BULK ->
                all.registerBulkTransactional(
                    type, simulation.ground().transactions(), this::bulk, options.chunkSize(4));
          };
    }
    return all;
  }

  private String item(String input, ItemContext context) throws Exception {
    return called(input, context, null);
  }

  private <T> String booked(String input, T transaction, ItemContext context) throws Exception {
    return called(input, context, transaction);
  }

  private String called(String input, ItemContext context, @Nullable Object transaction)
      throws Exception {
    leaveIfDead();
    Item item = simulation.watch().item(input);
    int attempt = context.attempt();
    simulation.watch().called(node, item, attempt);
    simulation.watch().toldOfLast(item, attempt, context.isLastAttempt());
    context.measure("usd", item.usd()).quality(0.1);
    SimulatedCall call =
        new SimulatedCall(List.of(item), new int[] {attempt}, simulation.elapsed());
    node.begins(call);
    try {
      String output = output(item);
      if (transaction != null) {
        node.transaction().items.add(item);
        simulation.ground().write(transaction, input, output);
      }
      return result(call, item, attempt, output, context);
    } finally {
      node.ends(call);
    }
  }

  private String result(
      SimulatedCall call, Item item, int attempt, String output, ItemContext context)
      throws Exception {
    if (item.kind == Kind.HANGING) {
      hang(call);
    } else {
      simulation.takeTime(random);
    }
    if (call.isTooLate()) {
      call.timedOut(false);
      return UNKEPT;
    }
    switch (item.kind) {
      case KILLER -> kills(item, call);
      case SKIPPED -> {
        return context.skip("as the seed has it");
      }
      case DEFERRED -> {
        if (!simulation.isCalm()) {
          item.deferred.add(attempt);
          return context.defer(bound());
        }
      }
      default -> failIfBad(item, attempt);
    }
    item.returned.put(output, attempt);
    return output;
  }

  private void failIfBad(Item item, int attempt) throws IOException {
    if (item.kind == Kind.BAD || (item.kind == Kind.FLAKY && random.nextBoolean())) {
      item.failed.add(attempt);
      throw new Trouble("attempt " + attempt);
    }
  }

  private void bulk(Chunk<String, String> chunk) throws Exception {
    bulk(chunk, null);
  }

  private <T> void bulk(Chunk<String, String> chunk, @Nullable T transaction) throws Exception {
    leaveIfDead();
    List<ChunkItem<String, String>> all = chunk.items();
    List<Item> items = all.stream().map(each -> simulation.watch().item(each.input())).toList();
    int[] attempts = all.stream().mapToInt(ChunkItem::attempt).toArray();
    for (int i = 0; i < attempts.length; i++) {
      simulation.watch().called(node, items.get(i), attempts[i]);
    }
    SimulatedCall call = new SimulatedCall(items, attempts, simulation.elapsed());
    node.begins(call);
    try {
      if (transaction != null) {
        node.transaction().items.addAll(items);
      }
      int until = random.nextInt(6) == 0 ? random.nextInt(all.size()) : all.size();
      for (int i = 0; i < until; i++) {
        say(call, items.get(i), all.get(i), transaction);
      }
      for (int i = until; i < attempts.length; i++) {
        items.get(i).failed.add(attempts[i]);
      }
      if (until < attempts.length && random.nextBoolean()) {
        throw new Trouble("the rest of the chunk");
      }
    } finally {
      if (call.isTooLate()) {
        call.timedOut(false);
      }
      node.ends(call);
    }
  }

  private void say(
      SimulatedCall call, Item item, ChunkItem<String, String> said, @Nullable Object transaction)
      throws Exception {
    if (item.kind == Kind.HANGING) {
      hang(call);
    } else {
      simulation.takeTime(random);
    }
    String output = output(item);
    said.measure("usd", item.usd()).measure("tokens", 7).quality(0.7);
    if (transaction != null && item.kind != Kind.SKIPPED && !call.isTooLate()) {
      simulation.ground().write(transaction, item.input(), output);
    }
    boolean stands;
    switch (item.kind) {
      case KILLER -> {
        kills(item, call);
        return;
      }
      case SKIPPED -> stands = said.skip("as the seed has it");
      case DEFERRED -> {
        item.deferred.add(said.attempt());
        stands = said.defer(bound());
      }
      case BAD -> {
        item.failed.add(said.attempt());
        stands = said.fail("BAD", "attempt " + said.attempt());
      }
      default -> {
        if (item.kind == Kind.FLAKY && random.nextBoolean()) {
          item.failed.add(said.attempt());
          stands = said.fail(new Trouble("attempt " + said.attempt()));
        } else {
          item.returned.put(output, said.attempt());
          stands = said.succeed(output);
        }
      }
    }
    if (stands == call.isGivenUp()) {
      throw simulation.violated("I3 a word on " + item + " stands: " + stands, null);
    }
  }

  private Duration bound() {
    return Duration.ofMillis(1 + random.nextInt(4_000));
  }

  private String output(Item item) {
    String word = item.kind == Kind.UNKEPT ? UNKEPT : "done";
    return word + " " + item.input() + " in call " + simulation.nextCall();
  }

  private void leaveIfDead() throws IOException {
    if (node.isDead()) {
      throw new Trouble("nobody is there");
    }
  }

  /** Who is taken down by a call that was given up cannot say by which item. */
  private void kills(Item item, SimulatedCall call) throws IOException {
    if (!call.isGivenUp()) {
      simulation.watch().killed(item);
    }
    simulation.trace(() -> "  " + node.name + " is taken down by " + item);
    node.die();
    throw new Trouble("nobody sees this");
  }

  /**
   * Takes time in which everything else goes on, the watcher of this engine too. The interrupt is
   * heeded, swallowed, or ignored.
   */
  private void hang(SimulatedCall call) throws Exception {
    int hanging = simulation.hanging();
    if (simulation.isCalm() || hanging >= Simulation.MOST_HANGING || simulation.isWaiting()) {
      simulation.takeTime(random);
      return;
    }
    int manner = random.nextInt(4);
    long until =
        manner == 0 && random.nextBoolean()
            ? Long.MAX_VALUE
            : simulation.elapsed() + random.nextLong(3 * Simulation.TIMEOUT.toNanos());
    simulation.trace(() -> "  hangs" + Simulation.until(until));
    simulation.goOnWhile(
        () ->
            !node.isDead() && simulation.elapsed() < until && (manner < 2 || !call.isInterrupted()),
        until);
    simulation.trace(() -> "  " + node.name + " hangs no more in " + call.items);
    leaveIfDead();
    if (manner == 2 && call.isInterrupted()) {
      throw new InterruptedException("as the seed has it");
    }
  }

  /** Quick to make. */
  static final class Trouble extends IOException {
    private static final long serialVersionUID = 1L;

    Trouble(String message) {
      super(message);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  /** What a call takes if nothing is wrong. */
  static Duration time(Random random) {
    return Duration.ofMillis(random.nextInt(random.nextInt(8) == 0 ? 1_500 : 30));
  }
}
