package org.batchengine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.codec.PayloadType;
import org.batchengine.model.BatchId;
import org.batchengine.model.ImportException;
import org.batchengine.model.InvalidItemException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImportTest {
  private static final JobType<Integer, Integer> SQUARE =
      JobType.of("square", Integer.class, Integer.class);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private static InputStream file(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }

  private static List<String> inputs(Stream<ImportedItem<String>> items) {
    return items.map(ImportedItem::input).toList();
  }

  private static ImportException refused(Stream<?> items) {
    return assertThatExceptionOfType(ImportException.class).isThrownBy(items::toList).actual();
  }

  /** Corner cases as those of csv-spectrum. */
  static Stream<Arguments> spectrum() {
    return Stream.of(
        Arguments.of("simple", "key,input\na,1\nb,2\n", List.of("1", "2")),
        Arguments.of("CR LF", "key,input\r\na,1\r\nb,2\r\n", List.of("1", "2")),
        Arguments.of("CR", "key,input\ra,1\rb,2\r", List.of("1", "2")),
        Arguments.of("no line end", "key,input\na,1", List.of("1")),
        Arguments.of("comma in quotes", "key,input\na,\"1,2\"\n", List.of("1,2")),
        Arguments.of("empty", "key,input\na,\"\"\nb,\n", List.of("", "")),
        Arguments.of("escaped quotes", "key,input\na,\"say \"\"hi\"\"\"\n", List.of("say \"hi\"")),
        Arguments.of("only a quote", "key,input\na,\"\"\"\"\n", List.of("\"")),
        Arguments.of("bare quote", "key,input\na,5\" pipe\n", List.of("5\" pipe")),
        Arguments.of(
            "json",
            "key,input\na,\"{\"\"type\"\": \"\"Point\"\"}\"\n",
            List.of("{\"type\": \"Point\"}")),
        Arguments.of("newlines", "key,input\na,\"x\ny\"\nb,z\n", List.of("x\ny", "z")),
        Arguments.of("CR LF in a cell", "key,input\r\na,\"x\r\ny\"\r\n", List.of("x\r\ny")),
        Arguments.of("quotes and newlines", "key,input\na,\"x \"\"\n\"\"\"\n", List.of("x \"\n\"")),
        Arguments.of(
            "UTF-8",
            "key,input\na,\u02A4\u00E9\uD83D\uDE00\n",
            List.of("\u02A4\u00E9\uD83D\uDE00")),
        Arguments.of("byte order mark", "\uFEFFkey,input\na,1\n", List.of("1")),
        Arguments.of("quoted header", "\"key\",\"input\"\na,1\n", List.of("1")),
        Arguments.of("empty lines", "\nkey,input\n\n\na,1\n\r\nb,2\n\n", List.of("1", "2")),
        Arguments.of("one column", "input\n1\n\"\"\n2", List.of("1", "", "2")),
        Arguments.of("blanks are text", "key,input\na, 1 \n", List.of(" 1 ")),
        Arguments.of("other columns", "x,input,y\n1,2,3\n", List.of("2")),
        Arguments.of("only a header", "key,input\n", List.of()),
        Arguments.of("nothing", "", List.of()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("spectrum")
  @DisplayName("REQ-M12 CSV is read as programs write it")
  void readsCsv(String name, String csv, List<String> inputs) {
    assertThat(inputs(ImportedItems.of(ECHO).csv(file(csv)))).isEqualTo(inputs);
  }

  @ParameterizedTest
  @ValueSource(strings = {";", "\t", "|"})
  void readsOtherSeparators(String separator) {
    String csv = "key;input\na;\"1;2\"\nb;3,4\n".replace(";", separator);

    assertThat(inputs(ImportedItems.of(ECHO).separator(separator.charAt(0)).csv(file(csv))))
        .containsExactly("1" + separator + "2", "3,4");
  }

  @Test
  @DisplayName("whole rows are inputs: cells by column, and lines of JSON as they are")
  void readsWholeRows() {
    ImportedItems<String> whole = ImportedItems.of(ECHO).wholeRows();

    assertThat(inputs(whole.csv(file("key,\"a \"\"b\"\"\"\n1,\"x\ny\"\n,\"\"\n"))))
        .containsExactly(
            "{\"key\":\"1\",\"a \\\"b\\\"\":\"x\\u000ay\"}", "{\"key\":null,\"a \\\"b\\\"\":\"\"}");
    assertThat(inputs(whole.separator(';').csv(file("a;b\n1;2\n"))))
        .containsExactly("{\"a\":\"1\",\"b\":\"2\"}");
    assertThat(inputs(whole.jsonLines(file(" {\"n\": 1.50, \"input\": {}} \n\n{}\n"))))
        .containsExactly("{\"n\": 1.50, \"input\": {}}", "{}");
    assertThat(whole.csv(file("key\n1\n")).findFirst().orElseThrow().key()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "1 # 'a,,b\n1,2,3' # column 2 of the header has no name",
        "1 # 'a,b,a\n1,2,3' # column 3 of the header has the name of an earlier one",
        "3 # 'a,b\n1,2\n3' # has 1 cells, and the header has 2",
      })
  void saysInWhichLineRowsAreWrong(int line, String csv, String problem) {
    ImportException e = refused(ImportedItems.of(ECHO).wholeRows().csv(file(csv)));

    assertThat(e).hasMessageStartingWith("line " + line + ": ").hasMessageContaining(problem);
    assertThat(refused(ImportedItems.of(ECHO).wholeRows().jsonLines(file("[1]\n"))))
        .hasMessageContaining("each line must be one JSON object");
  }

  @Test
  void readsKeysAndLines() {
    List<ImportedItem<String>> items =
        ImportedItems.of(ECHO).csv(file("input,key\n\"1\n\n\",a\n\n2,b\n")).toList();

    assertThat(items).extracting(ImportedItem::line).containsExactly(2L, 6L);
    assertThat(items).extracting(item -> item.key().orElseThrow()).containsExactly("a", "b");
    assertThat(items.get(0)).hasToString("ImportedItem[line=2]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "1 # 'a,b\n1,2' # no column input, only [\"a\", \"b\"]",
        "1 # 'key;input\na;1' # separated by \",\"",
        "3 # 'input,key\n1,a\n2' # has 1 cells, and the header has 2",
        "2 # 'input,key\n1,2,a' # has 3 cells, and the header has 2",
        "4 # 'input\n\"1\n2\"\n\"3\n4' # a quote that begins here is never closed",
        "3 # 'input\n1\n\"2\"3' # text follows a closing quote",
        "3 # 'input,key\n1,a\n2,' # no key, unlike that of line 2",
        "3 # 'input,key\n1,\n2,b' # a key, unlike that of line 2",
      })
  void saysInWhichLineCsvIsWrong(int line, String csv, String problem) {
    ImportException e = refused(ImportedItems.of(ECHO).csv(file(csv)));

    assertThat(e).hasMessageStartingWith("line " + line + ": ").hasMessageContaining(problem);
    assertThat(e.line()).isEqualTo(line);
  }

  @Test
  void saysWhatIsNotUtf8() {
    byte[] latin = "input\nfine\ncaf\u00E9\n".getBytes(ISO_8859_1);

    assertThat(refused(ImportedItems.of(ECHO).csv(new ByteArrayInputStream(latin))))
        .hasMessageContaining("not UTF-8");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "{\"input\":\"a\"} # a",
        "' { \"x\" : [1, {\"]\":\"}\"}] , \"input\" : \"a\" } ' # a",
        "{\"input\":{\"a\": [1,\"}\"]}} # {\"a\": [1,\"}\"]}",
        "{\"input\":[]} # []",
        "{\"input\":-1.5e3} # -1.5e3",
        "{\"input\":true,\"key\":null} # true",
        "{\"input\":\"null\"} # null",
        "'{\"input\":\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\"}' # '\u00E9\uD83D\uDE00\"\\/\b\f\n\r\t'",
        "'\uFEFF{\"input\":\"\"}' # ''",
      })
  @DisplayName("REQ-M12 JSON Lines are read as programs write them")
  void readsJsonLines(String json, String input) {
    assertThat(inputs(ImportedItems.of(ECHO).jsonLines(file(json)))).containsExactly(input);
  }

  @Test
  void readsLinesOfAnyKindButEmptyOnes() {
    String json =
        "{\"input\":\"a\",\"key\":\"1\"}\r\n\n{\"input\":\"b\",\"key\":2}\r{\"input\":\"c\",\"key\":\"3\"}";
    List<ImportedItem<String>> items = ImportedItems.of(ECHO).jsonLines(file(json)).toList();

    assertThat(items).extracting(ImportedItem::line).containsExactly(1L, 3L, 4L);
    assertThat(items).extracting(item -> item.key().orElseThrow()).containsExactly("1", "2", "3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{\"input\":\"secret\"",
        "{\"input\":\"secret}",
        "{\"input\":\"secret\"} {}",
        "{\"input\":secret}",
        "{\"input\":01}",
        "{\"input\":}",
        "{\"input\":\"secret\",}",
        "{\"input\" \"secret\"}",
        "{\"input\":\"sec\tret\"}",
        "{\"input\":\"\\x\"}",
        "{\"input\":\"\\u00g0\"}",
        "{\"input\":[secret}}",
        "{\"input\":{\"secret\"",
        "{\"input\":\"secret\",\"input\":\"b\"}",
        "{\"Input\":\"secret\"}",
        "{\"input\":null}",
      })
  void saysInWhichLineJsonIsWrong(String json) {
    ImportException e =
        refused(ImportedItems.of(ECHO).jsonLines(file("{\"input\":\"a\"}\n" + json)));

    assertThat(e).hasMessageStartingWith("line 2: ").hasMessageNotContaining("secret");
  }

  @Test
  void readsDeepJson() {
    String deep = "[".repeat(100_000) + "]".repeat(100_000);

    assertThat(inputs(ImportedItems.of(ECHO).jsonLines(file("{\"input\":" + deep + "}"))))
        .containsExactly(deep);
  }

  @Test
  void decodesInputsByTheTypeOfTheirJob() {
    assertThat(ImportedItems.of(SQUARE).csv(file("input\n7\n")).map(ImportedItem::input))
        .containsExactly(7);
    assertThat(refused(ImportedItems.of(SQUARE).csv(file("input\n7\nsecret\n"))))
        .hasMessageStartingWith("line 3: of the input: ")
        .hasMessageNotContaining("secret");
  }

  @Test
  void decodesInputsByOtherCodecs() {
    PayloadCodecs upperCase =
        new PayloadCodecs() {
          @Override
          public <T> PayloadCodec<T> codecFor(PayloadType<T> type) {
            return coded(PayloadCodecs.basic().codecFor(type), String::toUpperCase);
          }
        };

    assertThat(inputs(ImportedItems.of(ECHO).codecs(upperCase).csv(file("input\na\n"))))
        .containsExactly("A");
  }

  private static <T> PayloadCodec<T> coded(PayloadCodec<T> codec, Function<String, String> change) {
    return new PayloadCodec<>() {
      @Override
      public String format() {
        return codec.format();
      }

      @Override
      public String encode(T payload) throws Exception {
        return codec.encode(payload);
      }

      @Override
      public T decode(String text) throws Exception {
        return codec.decode(change.apply(text));
      }
    };
  }

  @Nested
  class Submitted {
    private final ManualEngine engine =
        world.engine(
            builder -> builder.register(ECHO, text -> text).register(LENGTH, String::length));

    @Test
    void haveTheKeysOfTheFile() {
      BatchId id =
          engine.submit(
              BatchRequest.ofImported(
                  ECHO, ImportedItems.of(ECHO).csv(file("key,input\nx,1\ny,2\n"))));

      assertThat(engine.item(id, "y").orElseThrow().input()).isEqualTo("2");
      assertThat(engine.item(id, "y").orElseThrow().index()).isEqualTo(1);
    }

    @Test
    void haveOtherKeysIfAsked() {
      BatchId id =
          engine.submit(
              BatchRequest.ofImported(
                      ECHO, ImportedItems.of(ECHO).csv(file("key,input\nx,1\ny,2\n")))
                  .keyedBy(input -> "key " + input));

      assertThat(engine.item(id, "key 2")).isPresent();
      assertThat(engine.item(id, "y")).isEmpty();
    }

    @Test
    void mayHaveNoKeys() {
      BatchId id =
          engine.submit(
              BatchRequest.ofImported(ECHO, ImportedItems.of(ECHO).csv(file("key,input\n,1\n"))));

      assertThat(engine.item(id, 0).orElseThrow().key()).isEmpty();
    }

    @Test
    void mustHaveKeysThatCanBeStored() {
      assertThatExceptionOfType(InvalidItemException.class)
          .isThrownBy(
              () ->
                  engine.submit(
                      BatchRequest.ofImported(
                          ECHO, ImportedItems.of(ECHO).csv(file("key,input\n\" \",1\n")))))
          .withMessageContaining("key: is blank");
    }

    @Test
    void areReadLazilyAndTheFileIsClosed() {
      AtomicInteger read = new AtomicInteger();
      List<String> closed = new ArrayList<>();
      InputStream endless =
          new InputStream() {
            @Override
            public int read() {
              return "input\n".charAt(Math.min(read.getAndIncrement(), 5));
            }

            @Override
            public int read(byte[] bytes, int from, int most) {
              bytes[from] =
                  (byte) (read.get() < 6 ? read() : "x\n".charAt(read.getAndIncrement() % 2));
              return 1;
            }

            @Override
            public void close() {
              closed.add("closed");
            }
          };
      Stream<ImportedItem<String>> items = ImportedItems.of(ECHO).csv(endless);
      assertThat(read.get()).isZero();
      BatchId id = engine.submit(BatchRequest.ofImported(ECHO, items.limit(3)));

      assertThat(engine.status(id).counts().total()).isEqualTo(3);
      assertThat(read.get()).isLessThan(100);
      assertThat(closed).containsExactly("closed");
    }

    @Test
    void areNoneIfOneCannotBeRead() {
      AtomicInteger closed = new AtomicInteger();
      Stream<ImportedItem<String>> items =
          ImportedItems.of(ECHO)
              .jsonLines(file("{\"input\":\"a\"}\n{}\n"))
              .onClose(closed::incrementAndGet);

      assertThatExceptionOfType(ImportException.class)
          .isThrownBy(() -> engine.submit(BatchRequest.ofImported(ECHO, items)));
      assertThat(engine.history(org.batchengine.model.HistoryQuery.all()).items()).isEmpty();
      assertThat(closed).hasValue(1);
    }
  }
}
