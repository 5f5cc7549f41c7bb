package org.batchengine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.batchengine.model.PayloadException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How payloads become JSON and are read back, with each generation of Jackson. */
abstract class JsonCodecsContract {

  record Line(String text, int count) {}

  record Invoice(String number, List<Line> lines) {}

  record Event(Date at) {}

  record Knot(Map<String, Object> content) {}

  record Count(Number number) {}

  /** Notes that it was made, as a gadget would do harm. */
  public static final class Gadget {
    static final AtomicBoolean MADE = new AtomicBoolean();

    public Gadget() {
      MADE.set(true);
    }

    public void setCommand(String command) {
      MADE.set(command != null);
    }
  }

  private static final Invoice INVOICE = new Invoice("A1", List.of(new Line("pen", 2)));
  private static final String JSON =
      "{\"number\":\"A1\",\"lines\":[{\"text\":\"pen\",\"count\":2}]}";

  private final PayloadCodecs codecs;
  private final PayloadCodecs strict;
  private final PayloadCodec<Invoice> invoices;

  /**
   * For one generation.
   *
   * @param codecs that the engine makes
   * @param strict of a mapper that refuses unknown fields
   */
  JsonCodecsContract(PayloadCodecs codecs, PayloadCodecs strict) {
    this.codecs = codecs;
    this.strict = strict;
    this.invoices = codecs.codecFor(PayloadType.of(Invoice.class));
  }

  @Test
  void writesJson() throws Exception {
    assertThat(invoices.encode(INVOICE)).isEqualTo(JSON);
    assertThat(invoices.format()).isEqualTo("json");
  }

  @Test
  void readsWhatItWrote() throws Exception {
    assertThat(invoices.decode(JSON)).isEqualTo(INVOICE);
  }

  @Test
  void keepsTypeArguments() throws Exception {
    PayloadCodec<Map<String, List<Line>>> codec =
        codecs.codecFor(new PayloadType<Map<String, List<Line>>>() {});
    Map<String, List<Line>> value = Map.of("a", List.of(new Line("pen", 2)));
    assertThat(codec.decode(codec.encode(value))).isEqualTo(value);
  }

  @Test
  void ignoresFieldsThatALaterVersionWrote() throws Exception {
    assertThat(invoices.decode("{\"number\":\"A1\",\"lines\":[],\"currency\":\"EUR\"}"))
        .isEqualTo(new Invoice("A1", List.of()));
  }

  @Test
  @SuppressWarnings("JavaUtilDate") // the one time that Jackson knows without a module
  void writesTimesAsText() throws Exception {
    assertThat(codecs.codecFor(PayloadType.of(Event.class)).encode(new Event(new Date(0))))
        .isEqualTo("{\"at\":\"1970-01-01T00:00:00.000+00:00\"}");
  }

  @Test
  void keepsTheTextFormOfSimpleValues() throws Exception {
    PayloadCodec<String> codec = codecs.codecFor(PayloadType.of(String.class));
    assertThat(codec.encode("not \"JSON\"")).isEqualTo("not \"JSON\"");
    assertThat(codec.format()).isEqualTo("text");
  }

  @Test
  void readsNull() throws Exception {
    assertThat(invoices.decode("null")).isNull();
  }

  @Test
  @Tag("FAULT-S6")
  void neverMakesTheClassesThatAPayloadNames() throws Exception {
    String hostile = "{\"@class\":\"" + Gadget.class.getName() + "\",\"command\":\"x\"}";
    Object read = codecs.codecFor(PayloadType.of(Object.class)).decode(hostile);
    codecs.codecFor(PayloadType.of(Knot.class)).decode("{\"content\":" + hostile + "}");
    codecs
        .codecFor(PayloadType.of(Object.class))
        .decode("[\"" + Gadget.class.getName() + "\",{\"command\":\"x\"}]");
    assertThat(read).isInstanceOf(Map.class);
    assertThat(Gadget.MADE).isFalse();
  }

  @ParameterizedTest
  @Tag("FAULT-S7")
  @ValueSource(
      strings = {
        "secret",
        "",
        "{\"number\":{\"secret\":1}}",
        "{\"lines\":[{\"count\":\"secret\"}]}",
        "{\"number\":\"secret\"} secret",
        "\"secret\"",
        "{\"secret"
      })
  void refusesOtherTextWithoutQuotingIt(String text) {
    assertThatExceptionOfType(PayloadException.class)
        .isThrownBy(() -> invoices.decode(text))
        .withMessageContaining("JSON does not fit " + Invoice.class.getName())
        .satisfies(e -> assertThat(printed(e)).doesNotContain("secret"));
  }

  @Test
  void saysWhereTextDoesNotFit() {
    assertThatExceptionOfType(PayloadException.class)
        .isThrownBy(() -> invoices.decode("{\n\"number\": x}"))
        .withMessageContaining("at line 2, column");
  }

  @Test
  @Tag("FAULT-S7")
  void refusesWhatCannotBeWrittenWithoutQuotingIt() {
    PayloadCodec<Knot> codec = codecs.codecFor(PayloadType.of(Knot.class));
    assertThatExceptionOfType(PayloadException.class)
        .isThrownBy(() -> codec.encode(new Knot(Map.of("secret", new Object()))))
        .withMessageContaining("cannot be written as JSON")
        .withMessageContaining("No serializer found for class java.lang.Object")
        .satisfies(e -> assertThat(printed(e)).doesNotContain("secret"));
  }

  @Test
  @DisplayName("numbers keep their value in any shape")
  void keepsTheValueOfNumbersWithoutAType() throws Exception {
    PayloadCodec<Map<String, Object>> maps =
        codecs.codecFor(new PayloadType<Map<String, Object>>() {});
    Map<String, Object> numbers =
        Map.of(
            "amount", new BigDecimal("12345678901234567.89"),
            "list", List.of(new BigDecimal("0.1"), new BigDecimal("1.10"), 1),
            "long", Long.MAX_VALUE,
            "large", new BigInteger("123456789012345678901234567890"),
            "small", new BigDecimal("1E-400"));

    assertThat(maps.decode(maps.encode(numbers))).isEqualTo(numbers);
  }

  @Test
  void keepsTheValueOfNumbersInArraysAndFieldsOfNumber() throws Exception {
    BigDecimal amount = new BigDecimal("12345678901234567.890");
    PayloadCodec<Object[]> arrays = codecs.codecFor(PayloadType.of(Object[].class));
    assertThat(arrays.decode(arrays.encode(new Object[] {amount}))).containsExactly(amount);

    PayloadCodec<Count> counts = codecs.codecFor(PayloadType.of(Count.class));
    assertThat(counts.decode(counts.encode(new Count(amount)))).isEqualTo(new Count(amount));
  }

  @Test
  void namesTypeAndPathOfWhatDoesNotFit() {
    assertThatExceptionOfType(PayloadException.class)
        .isThrownBy(() -> invoices.decode("{\"lines\":[{},{\"count\":\"secret\"}]}"))
        .withMessageContaining(
            "JSON does not fit " + Invoice.class.getName() + " at lines[1].count, where int is")
        .satisfies(e -> assertThat(printed(e)).doesNotContain("secret"));
  }

  @Test
  void namesTypeAndPathOfWhatCannotBeWritten() {
    record Holder(List<Knot> knots) {}
    PayloadCodec<Holder> codec = codecs.codecFor(PayloadType.of(Holder.class));
    Holder holder = new Holder(List.of(new Knot(Map.of("secret", new Object()))));

    assertThatExceptionOfType(PayloadException.class)
        .isThrownBy(() -> codec.encode(holder))
        .withMessageContaining(Holder.class.getName() + " cannot be written as JSON")
        .withMessageContaining(" at knots[0].content.?")
        .satisfies(e -> assertThat(printed(e)).doesNotContain("secret"));
  }

  @Test
  @Tag("FAULT-S7")
  void namesNoKeyOfAMapAndNoFieldThatOnlyTheTextHas() {
    record Ledger(Map<String, Line> lines) {}
    PayloadCodec<Ledger> ledgers = codecs.codecFor(PayloadType.of(Ledger.class));
    assertThatExceptionOfType(PayloadException.class)
        .isThrownBy(() -> ledgers.decode("{\"lines\":{\"secret\":{\"count\":\"x\"}}}"))
        .withMessageContaining(" at lines.?.count, ")
        .satisfies(e -> assertThat(printed(e)).doesNotContain("secret"));

    assertThatExceptionOfType(PayloadException.class)
        .isThrownBy(() -> strict.codecFor(PayloadType.of(Line.class)).decode("{\"secret\":1}"))
        .withMessageContaining(" at ?")
        .satisfies(e -> assertThat(printed(e)).doesNotContain("secret"));
  }

  private static String printed(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
