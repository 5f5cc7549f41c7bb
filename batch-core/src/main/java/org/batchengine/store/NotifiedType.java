package org.batchengine.store;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A job type that is told of the end of a batch, as it is stored with the batch: with what any node
 * must know of it to submit a batch of it. Its input is always a {@link
 * org.batchengine.model.BatchEnd} in {@link #INPUT_FORMAT}.
 *
 * @param outputFormat the output codec's name for its format; without line breaks
 * @param measures the names of what its items are measured at, separated by commas; null: none
 */
public record NotifiedType(String name, @Nullable String measures, String outputFormat) {
  /** The format of {@link org.batchengine.model.BatchEnd#toString}. */
  public static final String INPUT_FORMAT = "text/BatchEnd";

  /** Neither a name nor a measure has it. */
  private static final String SEPARATOR = "/";

  /** {@return the text of them all, a line each; null if there are none} */
  public static @Nullable String toText(Collection<NotifiedType> types) {
    return types.isEmpty()
        ? null
        : types.stream()
            .map(
                type ->
                    String.join(
                        SEPARATOR,
                        type.name,
                        type.measures == null ? "" : type.measures,
                        type.outputFormat))
            .collect(Collectors.joining("\n"));
  }

  /** {@return the types of such a text; none of null} */
  public static List<NotifiedType> parse(@Nullable String text) {
    return text == null ? List.of() : text.lines().map(NotifiedType::ofLine).toList();
  }

  private static NotifiedType ofLine(String line) {
    String[] parts = line.split(SEPARATOR, 3);
    return new NotifiedType(parts[0], parts[1].isEmpty() ? null : parts[1], parts[2]);
  }

  /** {@return the names of the types of such a text} */
  public static List<String> names(@Nullable String text) {
    return parse(text).stream().map(NotifiedType::name).toList();
  }
}
