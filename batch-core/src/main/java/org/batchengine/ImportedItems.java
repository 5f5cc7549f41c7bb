package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.engine.lease.Payloads;
import org.batchengine.engine.report.ImportedRow;
import org.batchengine.engine.report.ImportedRows;
import org.batchengine.model.ImportException;
import org.batchengine.model.PayloadException;
import org.batchengine.report.ExportFormat;

/**
 * Reads the items of a batch from a file in UTF-8, such as one written by {@link
 * BatchReports#export}. A byte order mark is passed over.
 *
 * <pre>{@code
 * batches.submit(
 *     BatchRequest.ofImported(ANNOTATE, ImportedItems.of(ANNOTATE).jsonLines(file)));
 * }</pre>
 *
 * <p>An item has an input and perhaps a key; either all items of a file have a key or none has. The
 * text of an input is decoded by the codec of the job type. The streams read lazily, throw {@link
 * ImportException} with the line of whatever is wrong, and close the file when they are closed,
 * which a submit does. A submit whose items cannot be read stores nothing.
 *
 * <p>Immutable: every method returns a changed copy.
 *
 * @param <I> type of an item's input
 */
public final class ImportedItems<I> {
  private final JobType<I, ?> type;
  private final PayloadCodecs codecs;
  private final char separator;
  private final boolean isWhole;

  private ImportedItems(JobType<I, ?> type, PayloadCodecs codecs, char separator, boolean isWhole) {
    this.type = type;
    this.codecs = codecs;
    this.separator = separator;
    this.isWhole = isWhole;
  }

  /** Returns a reader of items of a type. */
  public static <I> ImportedItems<I> of(JobType<I, ?> type) {
    return new ImportedItems<>(requireNonNull(type, "type"), PayloadCodecs.standard(), ',', false);
  }

  /**
   * The codecs that read inputs, unless the type has its own: those of the engine. Defaults to
   * {@link PayloadCodecs#standard()}.
   */
  public ImportedItems<I> codecs(PayloadCodecs codecs) {
    return new ImportedItems<>(type, requireNonNull(codecs, "codecs"), separator, isWhole);
  }

  /**
   * What is between the cells of CSV. Defaults to a comma.
   *
   * @param separator a comma, semicolon, tab or {@code |}
   */
  public ImportedItems<I> separator(char separator) {
    char checked = ExportFormat.csv().separator(separator).separator();
    return new ImportedItems<>(type, codecs, checked, isWhole);
  }

  /**
   * Takes whole rows as inputs, for files that were not written for a batch: a row of CSV as the
   * JSON object of its cells by column, in which an empty cell without quotes is null, and a line
   * of JSON as it is. The items have no keys.
   */
  public ImportedItems<I> wholeRows() {
    return new ImportedItems<>(type, codecs, separator, true);
  }

  /**
   * Reads CSV as in RFC 4180, written with {@link ExportFormat.Csv#raw()}. The first line names the
   * columns: {@code input}, and {@code key} if the items have keys. Other columns are passed over.
   * An empty cell without quotes is no key.
   *
   * @param file the bytes of the file
   * @return the items in the order of the file; close it, unless a submit does
   */
  public Stream<ImportedItem<I>> csv(InputStream file) {
    requireNonNull(file, "file");
    return items(file, in -> ImportedRows.csv(in, separator, isWhole));
  }

  /**
   * Reads JSON objects, one a line. The member {@code input} is the input's text if it is a string,
   * and otherwise its JSON; {@code key} is its key. Other members are passed over.
   *
   * @param file the bytes of the file
   * @return the items in the order of the file; close it, unless a submit does
   */
  public Stream<ImportedItem<I>> jsonLines(InputStream file) {
    requireNonNull(file, "file");
    return items(file, in -> ImportedRows.jsonLines(in, isWhole));
  }

  /** Nothing is read before the first item is asked for. */
  private Stream<ImportedItem<I>> items(
      InputStream file, Function<InputStream, ImportedRows> reader) {
    PayloadCodec<I> codec = type.inputCodec(codecs);
    return StreamSupport.stream(
            () -> Spliterators.spliteratorUnknownSize(reader.apply(file), Spliterator.ORDERED),
            Spliterator.ORDERED,
            false)
        .map(row -> item(codec, row))
        .onClose(() -> close(file));
  }

  private static <I> ImportedItem<I> item(PayloadCodec<I> codec, ImportedRow row) {
    I input;
    try {
      input = Payloads.decode(codec, row.input(), codec.format());
    } catch (PayloadException e) {
      throw new ImportException(row.line(), "of the input: " + e.getMessage(), e);
    }
    if (input == null) {
      throw new ImportException(row.line(), "the input decodes to null", null);
    }
    return new ImportedItem<>(row.line(), Optional.ofNullable(row.key()), input);
  }

  private static void close(InputStream file) {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close the file", e);
    }
  }
}
