package org.batchengine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonPOJOBuilder;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.Serializable;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import kotlin.Metadata;
import org.batchengine.model.PayloadException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which types have a codec: those that JSON takes in both directions. */
@Tag("FAULT-R2")
@DisplayName("FAULT-R2 types as JSON")
class JsonTypeCheckTest {
  /** As the engine makes them, but without the modules that tests have. */
  private static final PayloadCodecs JACKSON_2 = JacksonCodecs.standard(List.of());

  private static final PayloadCodecs JACKSON_3 = Jackson3Codecs.standard(List.of());

  record Appointment(String title, Instant at) {}

  record Diary(List<Appointment> appointments) {}

  record Perhaps(Optional<String> text) {}

  interface Shape {
    double getArea();
  }

  abstract static class Figure {
    public int corners;
  }

  record Drawing(Map<String, List<Shape>> shapes) {}

  static final class Sketch {
    public Figure[] figures = {};
  }

  /** As many classes of hosts are: nothing says which JSON field is which parameter. */
  static class Fixed {
    private final String number;
    private final int amount;

    Fixed(String number, int amount) {
      this.number = number;
      this.amount = amount;
    }

    public String getNumber() {
      return number;
    }

    public int getAmount() {
      return amount;
    }
  }

  /** Jackson makes it of a text, but writes an object. */
  public static class OfText {
    private final String number;

    public OfText(String number) {
      this.number = number;
    }

    public String getNumber() {
      return number;
    }
  }

  /**
   * What the Kotlin compiler makes of {@code data class Customer(val name: String, val age: Int)}.
   */
  @Metadata
  public static final class Customer {
    private final String name;
    private final int age;

    public Customer(String name, int age) {
      this.name = name;
      this.age = age;
    }

    public String getName() {
      return name;
    }

    public int getAge() {
      return age;
    }
  }

  record Invoice(Customer customer) {}

  @SuppressWarnings("ClassCanBeStatic")
  class Inner {
    public int value;
  }

  static class Nothing {}

  record Point(int x, int y) {}

  record Board(Map<Point, String> fields) {}

  record Calendar(Map<LocalDate, String> days) {}

  /** Refused by Jackson 2 alone; Jackson 3 has them built in. */
  static Stream<Arguments> withModulesForJackson2() {
    String time = "com.fasterxml.jackson.datatype:jackson-datatype-jsr310";
    return Stream.of(
        Arguments.of(Appointment.class, "written as JSON at at, of type java.time.Instant", time),
        Arguments.of(Diary.class, "at appointments[].at, of type java.time.Instant", time),
        Arguments.of(Calendar.class, "read back from JSON: Cannot find a (Map) Key", time),
        Arguments.of(
            Perhaps.class,
            "written as JSON at text",
            "com.fasterxml.jackson.datatype:jackson-datatype-jdk8"));
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of(Shape.class, "read back from JSON: it is an interface", "@JsonTypeInfo"),
        Arguments.of(Figure.class, "read back from JSON: it is an abstract class", "name a class"),
        Arguments.of(Drawing.class, "at shapes[][], of type " + Shape.class.getName(), "interface"),
        Arguments.of(Sketch.class, "at figures[], of type " + Figure.class.getName(), "abstract"),
        Arguments.of(Fixed.class, "read back from JSON: it has no constructor", "@JsonCreator"),
        Arguments.of(
            OfText.class, "read back from JSON: it has no constructor", "make it a record"),
        Arguments.of(
            Customer.class,
            "the constructor of a Kotlin class",
            ".jackson.module:jackson-module-kotlin"),
        Arguments.of(
            Invoice.class,
            "at customer, of type " + Customer.class.getName(),
            "jackson-module-kotlin"),
        Arguments.of(Inner.class, "it is an inner class", "make it static"),
        Arguments.of(Nothing.class, "written as JSON: Jackson finds no property", "add getters"),
        Arguments.of(Board.class, "read back from JSON", Point.class.getName()));
  }

  @ParameterizedTest
  @MethodSource({"refused", "withModulesForJackson2"})
  void refusedByJackson2(Class<?> type, String where, String wayOut) {
    refused(JACKSON_2, type, where, wayOut);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusedByJackson3(Class<?> type, String where, String wayOut) {
    refused(JACKSON_3, type, where, wayOut);
  }

  private static void refused(PayloadCodecs codecs, Class<?> type, String where, String wayOut) {
    assertThatExceptionOfType(PayloadException.class)
        .isThrownBy(() -> codecs.codecFor(PayloadType.of(type)))
        .withMessageStartingWith(type.getName() + " cannot be ")
        .withMessageContaining(where)
        .withMessageContaining(wayOut);
  }

  record Tree(String name, Tree parent, List<Tree> children) {}

  record Open(Object any, Map<String, Object> more, Serializable text, Number n) {}

  record Simple(Date at, BigDecimal amount, UUID id, Thread.State state, Arrays arrays) {}

  static final class Arrays {
    public byte[] bytes = {};
    public int[] numbers = {};
    public String[] texts = {};
  }

  record Page<T>(List<T> rows, AtomicReference<T> first) {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes({@JsonSubTypes.Type(Dog.class), @JsonSubTypes.Type(Cat.class)})
  sealed interface Pet permits Dog, Cat {}

  record Dog(String name) implements Pet {}

  record Cat(int lives) implements Pet {}

  @JsonTypeInfo(
      use = JsonTypeInfo.Id.NAME,
      include = JsonTypeInfo.As.EXISTING_PROPERTY,
      property = "kind")
  @JsonSubTypes(@JsonSubTypes.Type(value = Email.class, name = "email"))
  interface Message {
    String getKind();
  }

  record Email(String to) implements Message {
    @Override
    public String getKind() {
      return "email";
    }
  }

  record Zoo(List<Pet> pets, Map<String, Pet> byName, Pet best, Message message) {}

  record Owned(@JsonTypeInfo(use = JsonTypeInfo.Id.CLASS) Shape shape) {}

  static final class Created {
    private final String number;

    @JsonCreator
    Created(@JsonProperty("number") String number) {
      this.number = number;
    }

    public String getNumber() {
      return number;
    }
  }

  /** A text in both directions. */
  static final class Isbn {
    private final String text;

    @JsonCreator
    Isbn(String text) {
      this.text = text;
    }

    @JsonValue
    String text() {
      return text;
    }
  }

  public static class Bean {
    private String name;

    public String getName() {
      return name;
    }

    public void setName(String name) {
      this.name = name;
    }
  }

  @JsonDeserialize(builder = Built.Builder.class)
  record Built(String name) {

    @JsonPOJOBuilder(withPrefix = "")
    static final class Builder {
      private String name;

      public Builder name(String name) {
        this.name = name;
        return this;
      }

      public Built build() {
        return new Built(name);
      }
    }
  }

  record Square(double area) implements Shape {
    @Override
    public double getArea() {
      return area;
    }
  }

  record Named(@JsonDeserialize(as = Square.class) Shape shape) {}

  record Named3(
      @tools.jackson.databind.annotation.JsonDeserialize(as = Square.class) Shape shape) {}

  @tools.jackson.databind.annotation.JsonDeserialize(builder = Built3.Builder.class)
  record Built3(String name) {

    @tools.jackson.databind.annotation.JsonPOJOBuilder(withPrefix = "")
    static final class Builder {
      private String name;

      public Builder name(String name) {
        this.name = name;
        return this;
      }

      public Built3 build() {
        return new Built3(name);
      }
    }
  }

  record Own(
      @JsonSerialize(using = ToStringSerializer.class) @JsonDeserialize(using = OfIso.class)
          Instant at) {}

  @SuppressWarnings("serial")
  static final class OfIso extends FromStringDeserializer<Instant> {
    OfIso() {
      super(Instant.class);
    }

    @Override
    protected Instant _deserialize(
        String text, com.fasterxml.jackson.databind.DeserializationContext context) {
      return Instant.parse(text);
    }
  }

  static final class Hiding {
    public String name;
    @JsonIgnore public Instant seenAt;
  }

  /** Writes one field more than it reads. */
  record Priced(int net) {
    public int getGross() {
      return net * 2;
    }
  }

  static Stream<PayloadType<?>> taken() {
    return Stream.of(
        PayloadType.of(Object.class),
        PayloadType.of(List.class),
        new PayloadType<Map<String, Object>>() {},
        new PayloadType<Page<Simple>>() {},
        PayloadType.of(Tree.class),
        PayloadType.of(Open.class),
        PayloadType.of(Simple.class),
        PayloadType.of(Pet.class),
        PayloadType.of(Zoo.class),
        PayloadType.of(Owned.class),
        PayloadType.of(Created.class),
        PayloadType.of(Isbn.class),
        PayloadType.of(Bean.class),
        PayloadType.of(Hiding.class));
  }

  /** With types or annotations of Jackson 2. */
  static Stream<PayloadType<?>> ofJackson2() {
    return Stream.of(
        PayloadType.of(JsonNode.class),
        PayloadType.of(Built.class),
        PayloadType.of(Named.class),
        PayloadType.of(Own.class));
  }

  static Stream<PayloadType<?>> ofJackson3() {
    return Stream.of(
        PayloadType.of(tools.jackson.databind.JsonNode.class),
        PayloadType.of(Built3.class),
        PayloadType.of(Named3.class),
        PayloadType.of(Diary.class),
        PayloadType.of(Calendar.class),
        PayloadType.of(Perhaps.class));
  }

  @ParameterizedTest
  @MethodSource({"taken", "ofJackson2"})
  void takenByJackson2(PayloadType<?> type) {
    taken(JACKSON_2, type);
    taken(JacksonCodecs.of(new ObjectMapper()), type);
  }

  @ParameterizedTest
  @MethodSource({"taken", "ofJackson3"})
  void takenByJackson3(PayloadType<?> type) {
    taken(JACKSON_3, type);
    taken(Jackson3Codecs.of(new tools.jackson.databind.ObjectMapper()), type);
  }

  private static void taken(PayloadCodecs codecs, PayloadType<?> type) {
    assertThatCode(() -> codecs.codecFor(type)).doesNotThrowAnyException();
  }

  @Test
  void aFieldThatIsWrittenAndNotReadIsRefusedUnlessItIsIgnored() throws Exception {
    PayloadType<Priced> type = PayloadType.of(Priced.class);
    for (PayloadCodecs codecs : List.of(JACKSON_2, JACKSON_3)) {
      PayloadCodec<Priced> codec = codecs.codecFor(type);
      assertThat(codec.decode(codec.encode(new Priced(3)))).isEqualTo(new Priced(3));
    }

    PayloadCodecs strict = JacksonCodecs.of(new ObjectMapper());
    PayloadCodecs strict3 =
        Jackson3Codecs.of(
            tools.jackson.databind.json.JsonMapper.builder()
                .enable(tools.jackson.databind.DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build());
    for (PayloadCodecs codecs : List.of(strict, strict3)) {
      assertThatExceptionOfType(PayloadException.class)
          .isThrownBy(() -> codecs.codecFor(type))
          .withMessageContaining("its property gross is written and cannot be read")
          .withMessageContaining("FAIL_ON_UNKNOWN_PROPERTIES");
      taken(codecs, PayloadType.of(Bean.class));
      taken(codecs, PayloadType.of(Created.class));
    }
  }

  @Test
  void aModuleIsTheWayOut() throws Exception {
    SimpleModule times =
        new SimpleModule()
            .addSerializer(Instant.class, ToStringSerializer.instance)
            .addDeserializer(Instant.class, new OfIso());
    PayloadCodec<Diary> codec =
        JacksonCodecs.of(new ObjectMapper().registerModule(times))
            .codecFor(PayloadType.of(Diary.class));

    Diary diary = new Diary(List.of(new Appointment("lunch", Instant.EPOCH)));
    assertThat(codec.decode(codec.encode(diary))).isEqualTo(diary);
  }

  /** If this changes, what is refused here can be taken. */
  @Nested
  class JacksonItself {

    @ParameterizedTest
    @MethodSource("org.batchengine.codec.JsonTypeCheckTest#values")
    void failsAtEachPayload(Class<?> type, Object value) {
      ObjectMapper mapper = new ObjectMapper();

      assertThatCode(() -> mapper.readValue(mapper.writeValueAsString(value), type))
          .isInstanceOf(com.fasterxml.jackson.databind.JsonMappingException.class);
    }
  }

  static Stream<Arguments> values() {
    Square square = new Square(1);
    return Stream.of(
        Arguments.of(Appointment.class, new Appointment("a", Instant.EPOCH)),
        Arguments.of(Perhaps.class, new Perhaps(Optional.of("a"))),
        Arguments.of(Shape.class, square),
        Arguments.of(Drawing.class, new Drawing(Map.of("a", List.of(square)))),
        Arguments.of(Fixed.class, new Fixed("a", 1)),
        Arguments.of(OfText.class, new OfText("a")),
        Arguments.of(Customer.class, new Customer("a", 1)),
        Arguments.of(Nothing.class, new Nothing()),
        Arguments.of(Board.class, new Board(Map.of(new Point(1, 2), "a"))));
  }
}
