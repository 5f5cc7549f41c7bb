package org.batchengine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PayloadTypeTest {

  @Test
  void keepsTypeArguments() {
    assertThat(new PayloadType<Map<String, List<Integer>>>() {})
        .hasToString("java.util.Map<java.lang.String, java.util.List<java.lang.Integer>>");
  }

  @Test
  void equalsOneOfTheSameType() {
    assertThat(new PayloadType<List<String>>() {})
        .isEqualTo(new PayloadType<List<String>>() {})
        .hasSameHashCodeAs(new PayloadType<List<String>>() {});
  }

  @Test
  void differsByTypeArguments() {
    assertThat(new PayloadType<List<String>>() {})
        .isNotEqualTo(new PayloadType<List<Integer>>() {});
  }

  @Test
  void equalsThatOfItsClass() {
    assertThat(new PayloadType<String>() {}).isEqualTo(PayloadType.of(String.class));
  }

  @Test
  void takesAPrimitiveForItsWrapper() {
    assertThat(PayloadType.of(int.class)).isEqualTo(PayloadType.of(Integer.class));
    assertThat(PayloadType.of(void.class)).isEqualTo(PayloadType.of(Void.class));
  }

  @Test
  @SuppressWarnings("rawtypes")
  void refusesASubclassThatSaysNoType() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PayloadType() {})
        .withMessageContaining("does not name its type");
  }

  @Test
  void refusesATypeThatIsOpen() {
    assertThatIllegalArgumentException()
        .isThrownBy(PayloadTypeTest::<String>open)
        .withMessageContaining("type variable T");
  }

  @Test
  void refusesATypeThatIsOpenWithin() {
    assertThatIllegalArgumentException()
        .isThrownBy(PayloadTypeTest::<String>openWithin)
        .withMessageContaining("type variable T");
  }

  private static <T> PayloadType<T> open() {
    return new PayloadType<>() {};
  }

  private static <T> PayloadType<Map<String, List<? extends T[]>>> openWithin() {
    return new PayloadType<>() {};
  }
}
