package org.batchengine.codec;

import static java.util.Objects.requireNonNull;

import java.lang.invoke.MethodType;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The type of a payload, including type arguments. To name a generic type, create a subclass
 * without a body:
 *
 * <pre>{@code
 * PayloadType<List<Invoice>> type = new PayloadType<List<Invoice>>() {};
 * }</pre>
 *
 * <p>Two are equal if their types are.
 *
 * @param <T> the type
 */
public abstract class PayloadType<T> {
  private final Type type;

  /**
   * Takes the type from the subclass.
   *
   * @throws IllegalArgumentException if the type contains a type variable, as in {@code new
   *     PayloadType<T>() {}} in a generic method
   */
  protected PayloadType() {
    this.type = argumentOf(getClass());
    refuseVariables(type);
  }

  private PayloadType(Type type) {
    this.type = type;
  }

  /**
   * Returns the payload type for a class.
   *
   * @param type a class without type parameters; a primitive class means its wrapper
   * @param <T> the type
   * @return the payload type
   */
  public static <T> PayloadType<T> of(Class<T> type) {
    return new OfClass<>(requireNonNull(type, "type"));
  }

  /** {@return the type as a reflection type} */
  public final Type type() {
    return type;
  }

  private static Type argumentOf(Class<?> subclass) {
    if (subclass.getGenericSuperclass() instanceof ParameterizedType parent
        && parent.getRawType() == PayloadType.class) {
      return parent.getActualTypeArguments()[0];
    }
    throw new IllegalArgumentException(
        subclass.getName()
            + " does not name its type; write new PayloadType<List<Invoice>>() {} or"
            + " PayloadType.of(Invoice.class)");
  }

  private static void refuseVariables(Type type) {
    if (type instanceof ParameterizedType generic) {
      Stream.of(generic.getActualTypeArguments()).forEach(PayloadType::refuseVariables);
    } else if (type instanceof GenericArrayType array) {
      refuseVariables(array.getGenericComponentType());
    } else if (type instanceof WildcardType wildcard) {
      Stream.of(wildcard.getUpperBounds()).forEach(PayloadType::refuseVariables);
      Stream.of(wildcard.getLowerBounds()).forEach(PayloadType::refuseVariables);
    } else if (!(type instanceof Class<?>)) {
      throw new IllegalArgumentException(
          "type variable " + type + " is not known at run time; name the type itself");
    }
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other instanceof PayloadType<?> that && type.equals(that.type);
  }

  @Override
  public final int hashCode() {
    return type.hashCode();
  }

  /** {@return the type as written in Java, with fully qualified names} */
  @Override
  public final String toString() {
    return type.getTypeName();
  }

  private static final class OfClass<T> extends PayloadType<T> {
    OfClass(Class<T> type) {
      super(MethodType.methodType(type).wrap().returnType());
    }
  }
}
