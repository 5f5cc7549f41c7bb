package org.batchengine;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.engine.lease.Payloads;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.InvalidItemsException;
import org.batchengine.model.PayloadException;
import org.batchengine.model.StoredText;
import org.batchengine.model.Violation;
import org.batchengine.store.NewItem;
import org.batchengine.store.rules.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * Reads the items of a request once, lazily, and encodes and checks them, page by page. A page has
 * up to 20,000 items or 4 Mi characters.
 */
final class RequestPages<I> implements Iterator<List<NewItem>> {
  private static final int PAGE_ITEMS = 20_000;
  private static final long PAGE_CHARS = 4L << 20;
  private static final int MOST_KEY_LENGTH = 200;
  private static final Violation IS_NULL = new Violation("input", "is null", "required");

  private final JobType<I, ?> type;
  private final ItemSource.Cursor<I> source;
  private final PayloadCodec<I> codec;
  private final int maxPayload;
  private final @Nullable Function<? super I, String> keys;
  private long index;

  RequestPages(
      BatchRequest<I> request, ItemSource.Cursor<I> source, PayloadCodec<I> codec, int maxPayload) {
    type = request.type();
    this.source = source;
    this.codec = codec;
    this.maxPayload = maxPayload;
    keys = request.key().orElse(null);
  }

  boolean isLast() {
    return !hasNext();
  }

  @Override
  public boolean hasNext() {
    return source.hasNext();
  }

  @Override
  public List<NewItem> next() {
    return next(PAGE_ITEMS);
  }

  /** The next items, up to this many of a page. */
  List<NewItem> next(int most) {
    List<NewItem> page = new ArrayList<>();
    long chars = 0;
    while (page.size() < most && chars < PAGE_CHARS && source.hasNext()) {
      I input = source.next();
      NewItem item = item(input);
      List<Violation> violations = type.violations(input);
      if (!violations.isEmpty()) {
        throw restLookedAt(item.key(), violations);
      }
      page.add(item);
      chars += item.input() == null ? 0 : item.input().length();
      index++;
    }
    return page;
  }

  /** Whoever mends one invalid item wants to know of all others. */
  private InvalidItemsException restLookedAt(@Nullable String key, List<Violation> violations) {
    InvalidItems invalid = new InvalidItems();
    invalid.add((int) index, key, violations);
    while (source.hasNext() && index < Integer.MAX_VALUE - 1) {
      index++;
      @Nullable I input = source.next();
      if (input == null) {
        invalid.add((int) index, null, List.of(IS_NULL));
      } else {
        String given = keys == null ? source.key() : keys.apply(input);
        invalid.add((int) index, given, type.violations(input));
      }
    }
    return invalid.exception();
  }

  private NewItem item(@Nullable I input) {
    if (index == Integer.MAX_VALUE) {
      throw new IllegalArgumentException("a batch has at most " + Integer.MAX_VALUE + " items");
    }
    String text = text(codec, maxPayload, (int) index, input, index == 0);
    String brought = source.key();
    if (keys != null) {
      brought = key(keys.apply(input));
    } else if (brought != null) {
      brought = key(brought);
    }
    return new NewItem(brought, text);
  }

  /**
   * The text of an input, checked.
   *
   * @param readBack whether to see that it can be read again
   * @throws InvalidItemException if it cannot be stored
   */
  static <I> String text(
      PayloadCodec<I> codec, int maxPayload, int index, @Nullable I input, boolean readBack) {
    if (input == null) {
      throw new InvalidItemException(index, List.of(IS_NULL));
    }
    String text;
    try {
      text = Payloads.encode(codec, input);
      if (readBack) {
        readBack(codec, text);
      }
    } catch (PayloadException e) {
      Violation violation = new Violation("input", String.valueOf(e.getMessage()), "encoding");
      throw new InvalidItemException(index, List.of(violation), e);
    }
    if (text != null) {
      check(text, maxPayload, index);
    }
    return text;
  }

  /** Shows what only a value can show, before a million of them are stored in vain. */
  private static <I> void readBack(PayloadCodec<I> codec, String text) {
    I back;
    try {
      back = Payloads.decode(codec, text, codec.format());
    } catch (PayloadException e) {
      throw new PayloadException("was written and cannot be read back: " + e.getMessage(), e);
    }
    if (back == null) {
      throw new PayloadException("was written as a text that reads as null");
    }
  }

  private static void check(String text, int maxPayload, int index) {
    if (Utf8.exceeds(text, maxPayload)) {
      throw invalid(
          index,
          "input",
          "has " + Utf8.length(text) + " bytes, over the limit of " + maxPayload + " (maxPayload)",
          "size");
    }
    Optional<String> problem = StoredText.problem(text);
    if (problem.isPresent()) {
      throw invalid(index, "input", problem.get(), "text");
    }
  }

  private String key(@Nullable String key) {
    if (key == null || key.isBlank()) {
      throw invalid("key", "is " + (key == null ? "null" : "blank"), "required");
    }
    if (key.length() > MOST_KEY_LENGTH) {
      throw invalid(
          "key", "has " + key.length() + " characters, at most " + MOST_KEY_LENGTH, "size");
    }
    Optional<String> problem = StoredText.problem(key);
    if (problem.isPresent()) {
      throw invalid("key", problem.get(), "text");
    }
    return key;
  }

  private InvalidItemException invalid(String path, String message, String code) {
    return invalid((int) index, path, message, code);
  }

  private static InvalidItemException invalid(int index, String path, String message, String code) {
    return new InvalidItemException(index, List.of(new Violation(path, message, code)));
  }
}
