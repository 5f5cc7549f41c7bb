package org.batchengine.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.ImportedItem;
import org.batchengine.ImportedItems;
import org.batchengine.JobType;
import org.batchengine.engine.report.ItemExport;
import org.batchengine.model.BatchChangedException;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.ItemQuery;
import org.batchengine.report.ExportFormat;
import org.batchengine.report.ExportQuery;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.NewItem;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** All items of a batch are read page by page, and written to a file. */
abstract class ExportContract extends SteeredContract {

  ExportContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Pages {
    @Test
    void haveItemsInEveryState() {
      long batch = submit(6);
      submit(3);
      TestSession session = session();
      ClaimedChunk chunk = session.claim(5).chunks().get(0);
      session.settle(
          SettlementDraft.of()
              .output(batch, chunk.from(), "out")
              .failed(batch, chunk.from() + 1, error(1, "no"))
              .parked(batch, chunk.from() + 2, NOW));

      assertThat(page(batch, 0, 10, 1_000))
          .isEqualTo(store.reading().items(header(batch), ItemQuery.all()).items())
          .hasSize(6);
      assertThat(page(batch, 2, 3, 1_000))
          .isEqualTo(store.reading().items(header(batch), ItemQuery.all()).items().subList(2, 5));
      assertThat(page(batch, 6, 3, 1_000)).isEmpty();
    }

    @Test
    void haveOnlyAsManyPayloadsAsFitButOneItemAtLeast() {
      List<NewItem> items =
          IntStream.of(10, 20, 30, 500, 40).mapToObj(ExportContract::ofBytes).toList();
      long batch = submit(NewBatches.any().build(), items);
      TestSession session = session();
      session.claim(5);
      session.settle(SettlementDraft.of().output(batch, 2, "x".repeat(30)));

      assertThat(page(batch, 0, 10, 90)).hasSize(3);
      assertThat(page(batch, 0, 10, 89)).hasSize(2);
      assertThat(page(batch, 3, 10, 89)).hasSize(1);
      assertThat(page(batch, 4, 10, 89)).hasSize(1);
    }

    private List<BatchItem<String, String>> page(long batch, int from, int most, long bytes) {
      return store.reading().page(header(batch), from, most, bytes);
    }
  }

  private static NewItem ofBytes(int bytes) {
    return new NewItem(null, "\u00E9".repeat(bytes / 2));
  }

  @Nested
  class Files {
    @Test
    @DisplayName("REQ-M12 an export has all items, and only those of its batch")
    void haveAllItems() throws IOException {
      submit(NewBatches.any().type("other"), 3);
      long batch = ended(2_500, 7);
      submit(NewBatches.any().type("other"), 3);
      ByteArrayOutputStream out = new ByteArrayOutputStream();

      assertThat(export(header(batch)).write(ExportQuery.all(), ExportFormat.csv(), out))
          .isEqualTo(2_500);
      List<String> lines = out.toString(UTF_8).lines().skip(1).toList();
      assertThat(lines).hasSize(2_500);
      for (int index = 0; index < lines.size(); index++) {
        assertThat(lines.get(index))
            .startsWith(index + ",," + (index == 7 ? "FAILED" : "SUCCEEDED") + ",input-" + index);
      }
    }

    @Test
    @DisplayName("REQ-M12 an export of a batch that is taken up again meanwhile ends, and says so")
    void endIfTheBatchIsTakenUpAgain() {
      long batch = ended(2_500, 2_400);
      BatchId id = header(batch).id();

      assertThatExceptionOfType(BatchChangedException.class)
          .isThrownBy(() -> write(header(batch), () -> retryFailed(batch)))
          .withMessageContaining(id.toString())
          .withMessageContaining("in run 1 and is now in run 2")
          .satisfies(e -> assertThat(e.batchId()).isEqualTo(id));
    }

    @Test
    void endIfTheBatchIsDeleted() {
      BatchHeader header = header(ended(2_500));

      assertThatExceptionOfType(BatchChangedException.class)
          .isThrownBy(
              () ->
                  write(
                      header,
                      () -> store.steering().hide(header.id(), null, NewBatches.by("alice"))))
          .withMessageContaining("was deleted while it was read");
    }

    /** Does something else as soon as the first page is written. */
    private void write(BatchHeader batch, Runnable meanwhile) throws IOException {
      OutputStream out =
          new OutputStream() {
            private boolean isDone;

            @Override
            public void write(int b) {
              if (!isDone) {
                isDone = true;
                meanwhile.run();
              }
            }
          };
      export(batch).write(ExportQuery.all(), ExportFormat.csv(), out);
    }

    @Test
    @DisplayName("REQ-M12 every text survives an export and an import")
    void keepEveryText() throws IOException {
      Random random = new Random(12);
      List<String> texts =
          Stream.concat(
                  AwkwardTexts.awkward(),
                  Stream.generate(() -> AwkwardTexts.random(random, 40)).limit(300))
              .toList();
      List<NewItem> items =
          IntStream.range(0, texts.size())
              .mapToObj(i -> new NewItem(i + " \"key\", " + texts.get(i % 20), texts.get(i)))
              .toList();
      long batch = submit(NewBatches.any().build(), items);

      for (ExportFormat.Csv format :
          List.of(
              ExportFormat.csv().raw(), ExportFormat.csv().raw().separator('\t').byteOrderMark())) {
        ImportedItems<String> imported = ImportedItems.of(TEXT).separator(format.separator());
        assertThat(imported.csv(file(batch, format)).map(Files::asNew)).isEqualTo(items);
      }
      assertThat(
              ImportedItems.of(TEXT)
                  .jsonLines(file(batch, ExportFormat.jsonLines()))
                  .map(Files::asNew))
          .isEqualTo(items);
    }

    private static final JobType<String, String> TEXT =
        JobType.of("text", String.class, String.class);

    private static NewItem asNew(ImportedItem<String> item) {
      return new NewItem(item.key().orElse(null), item.input());
    }

    private ByteArrayInputStream file(long batch, ExportFormat format) throws IOException {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      export(header(batch)).write(ExportQuery.all(), format, out);
      return new ByteArrayInputStream(out.toByteArray());
    }

    private ItemExport export(BatchHeader batch) {
      return new ItemExport(store.reading(), batch, null);
    }
  }
}
