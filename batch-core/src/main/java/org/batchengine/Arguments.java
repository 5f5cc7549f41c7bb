package org.batchengine;

import static java.util.Objects.requireNonNull;

import org.batchengine.model.StoredText;
import org.jspecify.annotations.Nullable;

/** Checks arguments from callers. Every message names the value and what is allowed. */
final class Arguments {

  private Arguments() {}

  /** Refuses the name of another tenant than that of a view; null: no view. */
  static void ownTenant(String named, @Nullable String own) {
    if (own != null && !named.equals(own)) {
      throw new IllegalArgumentException(
          "tenant: " + named + " differs from this view's tenant " + own + "; leave it unset");
    }
  }

  static <T extends Comparable<? super T>> T between(String what, T value, T least, T most) {
    requireNonNull(value, what);
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "%s %s is out of range: %s to %s".formatted(what, value, least, most));
    }
    return value;
  }

  /**
   * Returns the text if it is not blank, has at most {@code most} characters and any store can keep
   * it.
   */
  static String text(String what, String value, int most) {
    requireNonNull(value, what);
    if (value.isBlank()) {
      throw new IllegalArgumentException(
          "%s %s is blank: 1 to %d characters are allowed"
              .formatted(what, StoredText.quoted(value), most));
    }
    return storable(what, value, most);
  }

  /** Returns the text if it has at most {@code most} characters and any store can keep it. */
  static String storable(String what, String value, int most) {
    requireNonNull(value, what);
    if (value.length() > most) {
      throw new IllegalArgumentException(
          "%s %s has %d characters: at most %d are allowed"
              .formatted(what, StoredText.quoted(value), value.length(), most));
    }
    StoredText.problem(value)
        .ifPresent(
            problem -> {
              throw new IllegalArgumentException(
                  "%s %s %s, which cannot be stored"
                      .formatted(what, StoredText.quoted(value), problem));
            });
    return value;
  }
}
