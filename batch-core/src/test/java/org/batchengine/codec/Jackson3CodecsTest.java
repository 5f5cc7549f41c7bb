package org.batchengine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.math.BigDecimal;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.DefaultTyping;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;
import tools.jackson.databind.node.DecimalNode;

class Jackson3CodecsTest extends JsonCodecsContract {

  Jackson3CodecsTest() {
    super(
        Jackson3Codecs.standard(),
        Jackson3Codecs.of(
            JsonMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build()));
  }

  @Test
  void keepsTheValueOfNumbersInTrees() throws Exception {
    BigDecimal amount = new BigDecimal("12345678901234567.890");
    PayloadCodec<JsonNode> trees =
        Jackson3Codecs.standard().codecFor(PayloadType.of(JsonNode.class));
    JsonNode tree = trees.decode(trees.encode(DecimalNode.valueOf(amount)));
    assertThat(tree.decimalValue()).isEqualTo(amount);
  }

  @Test
  void writesAsTheMapperDoes() throws Exception {
    JsonMapper mapper =
        JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE)
            .build();
    assertThat(
            Jackson3Codecs.of(mapper).codecFor(PayloadType.of(Line.class)).encode(new Line("a", 1)))
        .isEqualTo("{\"Text\":\"a\",\"Count\":1}");
  }

  @Test
  void ofAMapperKeepTheTextFormOfSimpleValues() throws Exception {
    assertThat(
            Jackson3Codecs.of(new ObjectMapper())
                .codecFor(PayloadType.of(String.class))
                .encode("plain"))
        .isEqualTo("plain");
  }

  @Test
  void takesPolymorphismByAnnotation() {
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    record Named(String name) {}
    assertThat(Jackson3Codecs.of(new ObjectMapper()).codecFor(PayloadType.of(Named.class)).format())
        .isEqualTo("json");
  }

  @ParameterizedTest
  @Tag("FAULT-S6")
  @ValueSource(strings = {"JAVA_LANG_OBJECT", "NON_FINAL", "OBJECT_AND_NON_CONCRETE"})
  void refusesDefaultTyping(String typing) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Jackson3Codecs.of(withDefaultTyping(typing)))
        .withMessageContaining("default typing");
  }

  private static ObjectMapper withDefaultTyping(String typing) {
    return JsonMapper.builder()
        .activateDefaultTyping(
            BasicPolymorphicTypeValidator.builder().build(), DefaultTyping.valueOf(typing))
        .build();
  }
}
