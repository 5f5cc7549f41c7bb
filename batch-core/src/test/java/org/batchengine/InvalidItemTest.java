package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.texts;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.InvalidItemException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Items that cannot be kept are refused before the store is asked, and named. */
class InvalidItemTest {
  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);
  private final ManualEngine engine =
      world.engine(way, builder -> builder.register(LENGTH, String::length).maxPayload(100));

  @Nested
  class Inputs {

    @Test
    void areNotNull() {
      assertRefused(BatchRequest.of(LENGTH, Arrays.asList("a", null)), 1, "input: is null");
    }

    @Test
    @DisplayName("FAULT-R2 the first input is read back before anything is stored")
    void areRefusedIfTheFirstCannotBeReadBack() {
      var picky = JobType.of("picky", new Picky(), new Picky());

      assertRefused(
          BatchRequest.of(picky, List.of("unreadable", "fine")),
          0,
          "input: was written and cannot be read back");
      assertRefused(
          BatchRequest.of(picky, List.of("nothing", "fine")),
          0,
          "input: was written as a text that");
    }

    /** Its class says nothing of it: only the value shows what cannot be read. */
    @Test
    @DisplayName("FAULT-R2 what only a value can show is refused at submit")
    void areRefusedIfOnlyTheValueShowsThatTheyCannotBeReadBack() {
      var open = JobType.of("open", Envelope.class, String.class);

      assertRefused(
          BatchRequest.of(open, List.of(new Envelope(new Unknown("secret")))),
          0,
          "JSON does not fit " + Envelope.class.getName() + " at letter");
    }

    @Test
    void areNamedByTheirPlaceInTheWholeBatch() {
      var items = new ArrayList<>(texts(48_000));
      items.set(44_000, null);

      assertInvalid(BatchRequest.of(LENGTH, items), 44_000, "input: is null");
    }

    @Test
    void mustHaveATextForm() {
      var picky = JobType.of("picky", new Picky(), new Picky());

      assertThatExceptionOfType(InvalidItemException.class)
          .isThrownBy(() -> engine.submit(picky, List.of("fine", "secret")))
          .satisfies(e -> assertThat(e.index()).isEqualTo(1))
          .withMessageContaining("java.lang.String cannot be encoded as picky")
          .withMessageNotContaining("secret")
          .havingCause()
          .withMessageNotContaining("secret");
      assertNothingRemains();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\0b", "a\uD800b", "\uDC00", "a\uDBFF"})
    void mustBeStorableText(String text) {
      assertRefused(BatchRequest.of(LENGTH, List.of("fine", text)), 1, "input: has ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uFFFF", "\uD83D\uDE00", "\u202Eabc", "\uFEFFabc", ""})
    void mayBeAnyOtherText(String text) {
      var id = engine.submit(ECHO, List.of(text));

      assertThat(engine.item(id, 0).orElseThrow().input()).isEqualTo(text);
    }

    @Test
    void mayBeAsLargeAsTheLimit() {
      assertThat(engine.submit(LENGTH, List.of("x".repeat(100), "é".repeat(50)))).isNotNull();
    }

    @Test
    void areNotLargerThanTheLimit() {
      var request = BatchRequest.of(LENGTH, List.of("fine", "x".repeat(101)));

      assertRefused(request, 1, "has 101 bytes, over the limit of 100");
    }

    @Test
    void areMeasuredInUtf8() {
      var request = BatchRequest.of(LENGTH, List.of("é".repeat(50) + "x"));

      assertRefused(request, 0, "has 101 bytes");
    }

    @Test
    void areNotQuotedWhenRefused() {
      assertThatThrownBy(() -> engine.submit(LENGTH, List.of("secret\0")))
          .isInstanceOf(InvalidItemException.class)
          .hasMessageNotContaining("secret");
    }
  }

  @Nested
  class Keys {

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\0b", "\uD800"})
    void mustBeStorableText(String key) {
      assertRefused(keyed(text -> text.equals("b") ? key : text), 1, "key: ");
    }

    @Test
    void areNotNull() {
      assertRefused(keyed(text -> text.equals("b") ? null : text), 1, "key: is null");
    }

    @Test
    void areNotLongerThan200() {
      assertRefused(keyed(text -> text.equals("b") ? "k".repeat(201) : text), 1, "201 characters");
    }

    @Test
    void areUnique() {
      var request = BatchRequest.of(LENGTH, List.of("a", "b", "a")).keyedBy(text -> text);

      assertInvalid(request, 2, "");
    }

    @Test
    void areUniqueOverAllPages() {
      var items = new ArrayList<>(texts(48_000));
      items.set(46_000, "item-3");

      assertInvalid(BatchRequest.of(LENGTH, items).keyedBy(text -> text), 46_000, "");
    }

    @Test
    void mayFailToBeMade() {
      var failure = new IllegalArgumentException("no key");
      var request =
          keyed(
              text -> {
                throw failure;
              });

      assertThatThrownBy(() -> engine.submit(request)).isSameAs(failure);
      assertNothingRemains();
    }

    private BatchRequest<String> keyed(UnaryOperator<String> key) {
      return BatchRequest.of(LENGTH, List.of("a", "b")).keyedBy(key);
    }
  }

  private void assertRefused(BatchRequest<?> request, int index, String message) {
    way.forgetCalls();
    assertInvalid(request, index, message);
    assertThat(way.calls()).isEmpty();
  }

  private void assertInvalid(BatchRequest<?> request, int index, String message) {
    assertThatExceptionOfType(InvalidItemException.class)
        .isThrownBy(() -> engine.submit(request))
        .withMessageContaining("item " + index + " is invalid")
        .withMessageContaining(message)
        .withMessageNotContaining("secret")
        .satisfies(e -> assertThat(e.index()).isEqualTo(index));
    assertNothingRemains();
  }

  private void assertNothingRemains() {
    assertThat(world.engine(builder -> builder).history(HistoryQuery.all())).isEmpty();
  }

  /** Refuses one text and quotes it. */
  private static final class Picky implements PayloadCodec<String> {

    @Override
    public String format() {
      return "picky";
    }

    @Override
    public String encode(String payload) {
      if (payload.equals("secret")) {
        throw new IllegalArgumentException("not " + payload);
      }
      return payload;
    }

    @Override
    public String decode(String text) {
      if (text.equals("unreadable")) {
        throw new IllegalArgumentException("not " + text);
      }
      return text.equals("nothing") ? null : text;
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  interface Letter {}

  /** No letter that is known by name. */
  record Unknown(String text) implements Letter {}

  record Envelope(Letter letter) {}
}
