package org.batchengine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.jsontype.BasicPolymorphicTypeValidator;
import com.fasterxml.jackson.databind.node.DecimalNode;
import java.math.BigDecimal;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JacksonCodecsTest extends JsonCodecsContract {

  JacksonCodecsTest() {
    super(PayloadCodecs.standard(), JacksonCodecs.of(new ObjectMapper()));
  }

  @Test
  void keepsTheValueOfNumbersInTrees() throws Exception {
    BigDecimal amount = new BigDecimal("12345678901234567.890");
    PayloadCodec<JsonNode> trees =
        PayloadCodecs.standard().codecFor(PayloadType.of(JsonNode.class));
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
            JacksonCodecs.of(mapper).codecFor(PayloadType.of(Line.class)).encode(new Line("a", 1)))
        .isEqualTo("{\"Text\":\"a\",\"Count\":1}");
  }

  @Test
  void ofAMapperKeepTheTextFormOfSimpleValues() throws Exception {
    assertThat(
            JacksonCodecs.of(new ObjectMapper())
                .codecFor(PayloadType.of(String.class))
                .encode("plain"))
        .isEqualTo("plain");
  }

  @Test
  void takesPolymorphismByAnnotation() {
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    record Named(String name) {}
    assertThat(JacksonCodecs.of(new ObjectMapper()).codecFor(PayloadType.of(Named.class)).format())
        .isEqualTo("json");
  }

  @ParameterizedTest
  @Tag("FAULT-S6")
  @ValueSource(strings = {"JAVA_LANG_OBJECT", "NON_FINAL", "OBJECT_AND_NON_CONCRETE", "EVERYTHING"})
  void refusesDefaultTyping(String typing) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JacksonCodecs.of(withDefaultTyping(typing)))
        .withMessageContaining("default typing");
  }

  @Test
  @Tag("FAULT-S6")
  void refusesDefaultTypingThatCameLater() {
    ObjectMapper mapper = new ObjectMapper();
    PayloadCodecs codecs = JacksonCodecs.of(mapper);
    mapper.activateDefaultTyping(BasicPolymorphicTypeValidator.builder().build());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> codecs.codecFor(PayloadType.of(Line.class)));
  }

  private static ObjectMapper withDefaultTyping(String typing) {
    return JsonMapper.builder()
        .activateDefaultTyping(
            BasicPolymorphicTypeValidator.builder().build(),
            ObjectMapper.DefaultTyping.valueOf(typing))
        .build();
  }
}
