package org.batchengine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.batchengine.EngineFixture.ECHO;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.batchengine.engine.report.ExcelSheets;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.report.ExportFormat;
import org.batchengine.report.ExportQuery;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExportTest {
  private static final JobType<String, String> ASK =
      JobType.of("ask", String.class, String.class).measuring("usd");

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final ManualEngine engine =
      world.engine(
          builder ->
              builder
                  .register(ECHO, text -> text)
                  .register(
                      ASK,
                      (input, context) -> {
                        context.measure("usd", 0.000000001).quality(0.5);
                        return switch (input) {
                          case "fail" -> context.fail("E_TEST", "=cmd|' /C calc'!A0");
                          case "skip" -> context.skip("-none-");
                          default -> "done, \"" + input + "\"";
                        };
                      },
                      JobOptions.defaults().retry(RetryPolicy.none())));

  private BatchId asked() {
    BatchId id =
        engine.submit(BatchRequest.of(ASK, List.of("a", "fail", "skip")).keyedBy(t -> "key " + t));
    engine.await(id);
    return id;
  }

  private BatchId echoed(String text) {
    BatchId id = engine.submit(ECHO, List.of(text));
    engine.await(id);
    return id;
  }

  private byte[] bytes(BatchId id, ExportFormat format) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      engine.reports().export(id, format, out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private String text(BatchId id, ExportFormat format) {
    return new String(bytes(id, format), UTF_8);
  }

  /** Input and output of an item are the same cell. */
  private void assertCell(String text, ExportFormat.Csv format, String cell) {
    assertThat(text(echoed(text), format)).contains("SUCCEEDED," + cell + "," + cell + ",,,,,1,0,");
  }

  @Test
  @DisplayName("REQ-M12 CSV has a row an item and a column for each of its values")
  void isCsv() throws Exception {
    BatchId id = asked();
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    assertThat(engine.reports().export(id, ExportFormat.csv(), out)).isEqualTo(3);
    assertThat(out.toString(UTF_8).lines())
        .satisfiesExactly(
            header ->
                assertThat(header)
                    .isEqualTo(
                        "index,key,state,input,output,error_type,error_message,error_fingerprint,"
                            + "error_at,attempts,retries,duration_seconds,quality,measure_usd,"
                            + "reason,created_at,settled_at,due_at,purged"),
            row ->
                assertThat(row)
                    .startsWith("0,key a,SUCCEEDED,a,\"done, \"\"a\"\"\",,,,,1,0,0")
                    .endsWith(",0.5,0.000000001,,2026-11-21T12:00:00Z,2026-11-21T12:00:00Z,,false"),
            row ->
                assertThat(row)
                    .startsWith("1,key fail,FAILED,fail,,E_TEST,'=cmd|' /C calc'!A0,")
                    .doesNotContain("\""),
            row -> assertThat(row).contains("2,key skip,SKIPPED,skip,,", ",'-none-,"));
    assertThat(out.toString(UTF_8)).endsWith("\r\n");
  }

  @Test
  @DisplayName("REQ-M12 some items, and some of their values in the order that is wanted")
  void isOfSome() throws Exception {
    BatchId id = asked();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExportQuery failed = ExportQuery.all().state(ItemState.FAILED, ItemState.FAILED);

    ExportQuery few = failed.columns("error_type", "measure_usd", "key");
    assertThat(engine.reports().export(id, few, ExportFormat.csv(), out)).isEqualTo(1);
    assertThat(out.toString(UTF_8))
        .isEqualTo("error_type,measure_usd,key\r\nE_TEST,0.000000001,key fail\r\n");
    out.reset();
    assertThat(engine.reports().export(id, failed, ExportFormat.jsonLines(), out)).isEqualTo(1);
    assertThat(out.toString(UTF_8)).startsWith("{\"index\":1,\"key\":\"key fail\"").hasLineCount(1);
    out.reset();
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> engine.reports().export(id, failed.columns("eur"), ExportFormat.csv(), out))
        .withMessageStartingWith("column \"eur\" is none of this batch, which has index, key, ");
    assertThat(out.size()).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> failed.columns("key", "key"))
        .withMessage("a column is there twice: key, key");
    assertThatIllegalArgumentException().isThrownBy(() -> failed.columns(new String[0]));
    assertThatIllegalArgumentException().isThrownBy(() -> failed.state(new ItemState[0]));
  }

  @Test
  @DisplayName("REQ-M12 a text is never a formula, unless the file is for programs")
  void guardsTexts() {
    for (String text : List.of("=1+1", "+1", "-1", "@SUM(A1)")) {
      assertCell(text, ExportFormat.csv(), "'" + text);
      assertCell(text, ExportFormat.csv().raw(), text);
    }
    assertCell("\tx", ExportFormat.csv(), "'\tx");
    assertCell("\rx", ExportFormat.csv(), "\"'\rx\"");
    assertCell("1=1", ExportFormat.csv(), "1=1");
  }

  @Test
  void quotesWhatNeedsIt() {
    ExportFormat.Csv raw = ExportFormat.csv().raw();

    assertCell("plain", raw, "plain");
    assertCell("a,b", raw, "\"a,b\"");
    assertCell("a;b", raw, "a;b");
    assertCell("a\r\nb", raw, "\"a\r\nb\"");
    assertCell("a\nb", raw, "\"a\nb\"");
    assertCell("5\" pipe", raw, "\"5\"\" pipe\"");
    assertCell(" blank", raw, "\" blank\"");
    assertCell("blank\t", raw, "\"blank\t\"");
    assertCell("", raw, "\"\"");
  }

  @Test
  void isForSpreadsheetsOfOtherCountries() {
    String csv = text(asked(), ExportFormat.csv().separator(';').byteOrderMark().decimalComma());

    assertThat(csv)
        .startsWith("\uFEFFindex;key;")
        .contains("\r\n0;key a;SUCCEEDED;a;\"done, \"\"a\"\"\";", ";0,5;0,000000001;");
  }

  @Test
  void refusesSeparatorsThatDoNotSeparate() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ExportFormat.csv().separator('-'))
        .withMessageContaining("U+002D");
    assertThatIllegalArgumentException().isThrownBy(() -> ExportFormat.csv().decimalComma());
  }

  @Test
  @DisplayName("REQ-M12 JSON Lines have a flat object an item, with payloads as stored")
  void isJsonLines() throws Exception {
    BatchId id = asked();
    List<String> lines = text(id, ExportFormat.jsonLines()).lines().toList();

    assertThat(lines).hasSize(3);
    for (int index = 0; index < 3; index++) {
      Map<String, Object> map = new TreeMap<>(engine.item(id, index).orElseThrow().toMap());
      map.remove("batch_id");
      JsonNode json = new ObjectMapper().readTree(lines.get(index));
      assertThat(json.size()).isEqualTo(map.size());
      map.forEach(
          (key, value) -> {
            if (value instanceof Number) {
              assertThat(json.get(key).decimalValue()).isEqualByComparingTo(value.toString());
            } else {
              assertThat(json.get(key).asText()).isEqualTo(value.toString());
            }
          });
    }
  }

  @Test
  void escapesWhatEndsALineForSomeReaders() {
    String text = "\u0001\n\r\"\\\u0085\u2028\u2029\uD83D\uDE00";

    assertThat(text(echoed(text), ExportFormat.jsonLines()))
        .contains("\"output\":\"\\u0001\\u000a\\u000d\\\"\\\\\\u0085\\u2028\\u2029\uD83D\uDE00\"");
  }

  @Test
  @DisplayName("REQ-M12 an Excel workbook has typed cells, and no text is a formula")
  void isExcel() throws Exception {
    String sheet = sheets(bytes(asked(), ExportFormat.xlsx())).get("xl/worksheets/sheet1.xml");

    assertThat(sheet)
        .contains("<c r=\"A2\"", "<v>0</v>", "<v>0.5</v>", "done, &quot;a&quot;")
        .contains("measure_usd")
        .contains("=cmd|")
        .doesNotContain("<f>");
  }

  @Test
  void writesIntoExcelWhatItCanHold() throws Exception {
    String text = "\u0001\uFFFF<&>" + "x".repeat(40_000);
    String sheet = sheets(bytes(echoed(text), ExportFormat.xlsx())).get("xl/worksheets/sheet1.xml");

    assertThat(sheet)
        .contains("&lt;&amp;&gt;xxx")
        .doesNotContain("\u0001", "&#x1;", "x".repeat(32_768))
        .contains("x".repeat(32_000));
  }

  @Test
  void goesOnInAnotherSheet() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExcelSheets.write(out, 3, 5);

    assertThat(sheets(out.toByteArray()))
        .hasEntrySatisfying(
            "xl/worksheets/sheet2.xml", sheet -> assertThat(sheet).contains("<v>2</v>", "<v>3</v>"))
        .hasEntrySatisfying(
            "xl/worksheets/sheet3.xml", sheet -> assertThat(sheet).contains("<v>4</v>"));
  }

  private static Map<String, String> sheets(byte[] workbook) throws IOException {
    Map<String, String> files = new TreeMap<>();
    Path file = Files.createTempFile("export", ".xlsx");
    try {
      Files.write(file, workbook);
      try (ZipFile zip = new ZipFile(file.toFile())) {
        for (ZipEntry entry : Collections.list(zip.entries())) {
          files.put(entry.getName(), new String(zip.getInputStream(entry).readAllBytes(), UTF_8));
        }
      }
    } finally {
      Files.delete(file);
    }
    return files;
  }

  @Test
  void leavesTheStreamOpen() throws Exception {
    for (ExportFormat format : formats()) {
      boolean[] isClosed = {false};
      ByteArrayOutputStream out =
          new ByteArrayOutputStream() {
            @Override
            public void close() {
              isClosed[0] = true;
            }
          };
      engine.reports().export(asked(), format, out);

      assertThat(isClosed[0]).as(format.toString()).isFalse();
      assertThat(out.size()).isPositive();
    }
  }

  private static List<ExportFormat> formats() {
    return List.of(ExportFormat.csv(), ExportFormat.jsonLines(), ExportFormat.xlsx());
  }

  @Test
  void passesOnWhatTheStreamThrows() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("full");
          }
        };
    BatchId id = asked();

    assertThatThrownBy(() -> engine.reports().export(id, ExportFormat.csv(), full))
        .isInstanceOf(IOException.class)
        .hasMessage("full");
  }

  @Test
  void showsABatchThatWaits() {
    BatchId id = engine.submit(ECHO, List.of("a"));

    assertThat(text(id, ExportFormat.csv())).contains("\r\n0,,PENDING,a,,");
    world.pass(Duration.ofSeconds(1), engine);
    assertThat(engine.status(id).isTerminal()).isTrue();
  }

  @Test
  void needsNoLibraryUnlessItIsAskedForAWorkbook() throws Exception {
    LibraryLoader without = new LibraryLoader(name -> !name.startsWith("org.dhatim."));

    assertThat(without.run(ExportsCsv.class)).contains("SUCCEEDED");
    assertThat(without.run(ExportsExcel.class))
        .isEqualTo(
            "java.lang.IllegalStateException: an Excel workbook needs org.dhatim:fastexcel, which"
                + " is not on the class path: add it, or export CSV, 0 bytes");
  }

  private static String exported(ExportFormat format) {
    JobType<String, String> echo = JobType.of("echo", String.class, String.class);
    try (var engine =
        BatchEngine.builder(new InMemoryBatchStore()).register(echo, text -> text).manual()) {
      BatchId id = engine.submit(echo, List.of("a"));
      engine.await(id);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try {
        engine.reports().export(id, format, out);
      } catch (Exception e) {
        return e + ", " + out.size() + " bytes";
      }
      return out.toString(UTF_8);
    }
  }

  static final class ExportsCsv implements Supplier<String> {
    @Override
    public String get() {
      return exported(ExportFormat.csv());
    }
  }

  static final class ExportsExcel implements Supplier<String> {
    @Override
    public String get() {
      return exported(ExportFormat.xlsx());
    }
  }

  @ParameterizedTest
  @CsvSource({"csv", "jsonLines"})
  @DisplayName("REQ-M12 what was exported can be submitted again, with its keys")
  void canBeSubmittedAgain(String name) {
    BatchId id = asked();
    boolean isCsv = name.equals("csv");
    byte[] file = bytes(id, isCsv ? ExportFormat.csv().raw() : ExportFormat.jsonLines());
    ImportedItems<String> items = ImportedItems.of(ASK);
    Stream<ImportedItem<String>> read =
        isCsv
            ? items.csv(new ByteArrayInputStream(file))
            : items.jsonLines(new ByteArrayInputStream(file));
    BatchId again = engine.submit(BatchRequest.ofImported(ASK, read));
    engine.await(again);

    assertThat(engine.reports().compare(id, again).unchanged()).isEqualTo(3);
    assertThat(engine.item(again, "key skip").orElseThrow().input()).isEqualTo("skip");
  }
}
