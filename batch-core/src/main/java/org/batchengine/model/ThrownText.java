package org.batchengine.model;

import static java.util.Objects.requireNonNullElse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads an exception thrown by host code. Any of its methods may be overridden and fail, and its
 * chain of causes may be long or cyclic. So every call is guarded, and {@link
 * Throwable#printStackTrace()}, which recurses, is not used.
 */
final class ThrownText {
  private static final int MAX_CAUSES = 50;
  private static final int MAX_SUPPRESSED = 3;
  private static final int MAX_HEADER_LENGTH = 500;

  /**
   * Frames to show of each cause: the largest number that fits is used, so that a long stack still
   * names its root.
   */
  private static final int[] FRAMES = {1_000, 50, 20, 8, 3, 1, 0};

  private ThrownText() {}

  static String message(Throwable thrown) {
    String message = ask(() -> requireNonNullElse(thrown.getMessage(), ""));
    return message == null ? "(its message could not be read)" : message;
  }

  static String stack(Throwable thrown) {
    List<Link> chain = chain(thrown);
    String text = "";
    for (int frames : FRAMES) {
      text = print(chain, frames);
      if (text.length() <= ItemError.MAX_STACK_LENGTH) {
        return text;
      }
    }
    return text;
  }

  private static List<Link> chain(Throwable thrown) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Link> chain = new ArrayList<>();
    Throwable next = thrown;
    while (next != null && chain.size() < MAX_CAUSES && seen.add(next)) {
      chain.add(Link.of(next));
      next = ask(next::getCause);
    }
    return chain;
  }

  private static String print(List<Link> chain, int maxFrames) {
    StringBuilder text = new StringBuilder();
    List<StackTraceElement> enclosing = List.of();
    for (Link link : chain) {
      text.append(text.isEmpty() ? "" : "Caused by: ").append(link.header).append('\n');
      link.appendFrames(text, Math.min(maxFrames, link.framesBefore(enclosing)));
      link.suppressed.forEach(s -> text.append("\tSuppressed: ").append(s).append('\n'));
      enclosing = link.frames;
    }
    return text.append(chain.size() < MAX_CAUSES ? "" : "Further causes omitted\n").toString();
  }

  /** Returns null if the host's method returned null or failed. */
  private static <T> @Nullable T ask(Supplier<? extends @Nullable T> question) {
    try {
      return question.get();
    } catch (StackOverflowError tooDeep) {
      return null;
    } catch (VirtualMachineError fatal) {
      throw fatal;
    } catch (Throwable hostFailed) {
      return null;
    }
  }

  /** One throwable of a chain, each method called once. */
  private record Link(String header, List<StackTraceElement> frames, List<String> suppressed) {

    static Link of(Throwable thrown) {
      List<StackTraceElement> frames = ask(() -> Arrays.asList(thrown.getStackTrace()));
      return new Link(
          header(thrown),
          frames == null ? List.of() : frames,
          Stream.of(thrown.getSuppressed()).limit(MAX_SUPPRESSED).map(Link::header).toList());
    }

    private static String header(Throwable thrown) {
      String name = thrown.getClass().getName();
      String message = message(thrown);
      return message.isEmpty() ? name : name + ": " + StoredText.clean(message, MAX_HEADER_LENGTH);
    }

    /** Returns the number of frames before those that the enclosing stack has shown. */
    int framesBefore(List<StackTraceElement> enclosing) {
      int own = frames.size();
      int other = enclosing.size();
      while (own > 0
          && other > 0
          && Objects.equals(frames.get(own - 1), enclosing.get(other - 1))) {
        own--;
        other--;
      }
      return own;
    }

    void appendFrames(StringBuilder text, int shown) {
      for (int i = 0; i < shown && text.length() <= ItemError.MAX_STACK_LENGTH; i++) {
        text.append("\tat ").append(frames.get(i)).append('\n');
      }
      if (shown < frames.size()) {
        text.append("\t... ").append(frames.size() - shown).append(" more\n");
      }
    }
  }
}
