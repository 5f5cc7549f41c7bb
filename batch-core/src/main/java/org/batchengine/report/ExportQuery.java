package org.batchengine.report;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Set;
import org.batchengine.model.ItemState;

/**
 * Selects what of a batch is exported: which items, and which of their values. Immutable: each
 * method returns a changed copy.
 *
 * <pre>{@code
 * ExportQuery.all().state(ItemState.FAILED).columns("key", "error_type", "error_message")
 * }</pre>
 */
public final class ExportQuery {
  private static final ExportQuery ALL = new ExportQuery(Set.of(), List.of());

  private final Set<ItemState> states;
  private final List<String> columns;

  private ExportQuery(Set<ItemState> states, List<String> columns) {
    this.states = states;
    this.columns = columns;
  }

  /** {@return a query for all items with all their values} */
  public static ExportQuery all() {
    return ALL;
  }

  /**
   * Exports only items in these states. All items are read all the same.
   *
   * @param states at least one; they replace earlier ones
   * @return a changed copy
   */
  public ExportQuery state(ItemState... states) {
    if (requireNonNull(states, "states").length == 0) {
      throw new IllegalArgumentException("no state is given: name at least one");
    }
    return new ExportQuery(Set.copyOf(List.of(states)), columns);
  }

  /**
   * Exports only these columns, in this order: keys of {@link
   * org.batchengine.model.BatchItem#toMap}.
   *
   * @param names at least one, none of them twice; they replace earlier ones
   * @return a changed copy
   * @throws IllegalArgumentException if there is none, or one is there twice; at the export, if the
   *     batch has no such column
   */
  public ExportQuery columns(String... names) {
    List<String> given = List.of(requireNonNull(names, "names"));
    if (given.isEmpty()) {
      throw new IllegalArgumentException("no column is given: name at least one");
    }
    if (Set.copyOf(given).size() < given.size()) {
      throw new IllegalArgumentException("a column is there twice: " + String.join(", ", given));
    }
    return new ExportQuery(states, given);
  }

  /** {@return whether items in this state are exported} */
  public boolean includes(ItemState state) {
    return states.isEmpty() || states.contains(state);
  }

  /** {@return the columns that are wanted; all if there is none} */
  public List<String> columnNames() {
    return columns;
  }

  @Override
  public String toString() {
    return "ExportQuery[states=%s, columns=%s]".formatted(states, columns);
  }
}
