package org.batchengine.engine.claim;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.LeaseCut;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.store.ClaimStore;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.InputSize;
import org.batchengine.store.Measured;
import org.batchengine.store.StoredInput;

/**
 * What is left to load of a claimed chunk. It comes as a whole if all its inputs together cannot be
 * large; otherwise it is measured, and comes in slices of bounded size.
 */
final class ChunkSlices {
  /** The most bytes of inputs that are loaded together, but for a single larger one. */
  static final long MOST_BYTES = 4L << 20;

  private final Lease lease;
  private final ClaimedChunk chunk;
  private final Deque<Slice> slices = new ArrayDeque<>();
  private long touchedAt;
  private boolean isKnown;
  private boolean isEmpty;
  private int items;

  /** Open items {@code [from, to)}. */
  private record Slice(int from, int to, int items) {}

  ChunkSlices(Lease lease, long now) {
    this.lease = lease;
    touchedAt = now;
    chunk = Objects.requireNonNull(lease.chunk());
    items = chunk.to() - chunk.from();
  }

  Lease lease() {
    return lease;
  }

  /** How many items are left to load; until it is known how many are open, all. */
  int items() {
    return items;
  }

  /** When it was claimed, or some of it was last loaded. */
  long touchedAt() {
    return touchedAt;
  }

  /** What is left to load, as the end of the lease. */
  LeaseCut rest() {
    int at = slices.isEmpty() ? chunk.from() : slices.element().from();
    return new LeaseCut(lease, at, isKnown ? items : 0);
  }

  /** Whether nothing is left to load. */
  boolean isLoaded() {
    return isKnown && slices.isEmpty();
  }

  /** Whether it has no open item. */
  boolean isEmpty() {
    return isEmpty;
  }

  /** Makes the next call of the store; the items that it loaded, or nothing if it measured. */
  Optional<List<WorkItem>> next(ClaimStore store, long now) {
    touchedAt = now;
    if (isKnown) {
      Slice slice = slices.element();
      List<StoredInput> inputs = store.load(chunk, slice.from(), slice.to());
      slices.remove();
      items -= slice.items();
      if (inputs.size() != slice.items()) {
        lease.session().giveUp(); // so that its work is not waited for in vain
      }
      return Optional.of(items(inputs));
    }
    long most = (long) (chunk.to() - chunk.from()) * lease.batch().header().largestInput();
    if (most <= MOST_BYTES) {
      List<StoredInput> inputs = store.load(chunk);
      open(inputs.size());
      items = 0;
      return inputs.isEmpty() ? Optional.empty() : Optional.of(items(inputs));
    }
    List<InputSize> sizes = store.measure(chunk);
    open(sizes.size());
    cut(sizes);
    return Optional.empty();
  }

  private void open(int open) {
    isKnown = true;
    isEmpty = open == 0;
    items = open;
    lease.open(open);
  }

  private void cut(List<InputSize> sizes) {
    int from = 0;
    long bytes = 0;
    for (int i = 0; i < sizes.size(); i++) {
      if (i > from && bytes + sizes.get(i).bytes() > MOST_BYTES) {
        add(sizes.subList(from, i));
        from = i;
        bytes = 0;
      }
      bytes += sizes.get(i).bytes();
    }
    if (from < sizes.size()) {
      add(sizes.subList(from, sizes.size()));
    }
  }

  private void add(List<InputSize> some) {
    int last = some.get(some.size() - 1).index();
    slices.add(new Slice(some.get(0).index(), last + 1, some.size()));
  }

  private List<WorkItem> items(List<StoredInput> inputs) {
    return inputs.stream().map(input -> new WorkItem(lease, input, 0, 0, Measured.NONE)).toList();
  }
}
