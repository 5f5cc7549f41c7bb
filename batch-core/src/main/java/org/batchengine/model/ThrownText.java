package org.batchengine.model;

import static java.util.Objects.requireNonNullElse;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
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
  private static final int MAX_NEXT = 5;
  private static final int MAX_SUPPRESSED = 3;
  private static final int MAX_HEADER_LENGTH = 500;
  private static final String NEXT = "Next: ";

  /**
   * Frames to show of each cause: the largest number that fits is used, so that a long stack still
   * names its root.
   */
  private static final int[] FRAMES = {1_000, 50, 20, 8, 3, 1, 0};

  /** Classes of the JDK only, exactly: so asking for a cause is safe, and there is no cycle. */
  private static final Set<Class<?>> WRAPPERS =
      Set.of(
          CompletionException.class,
          ExecutionException.class,
          InvocationTargetException.class,
          UndeclaredThrowableException.class);

  private ThrownText() {}

  static Throwable unwrap(Throwable thrown) {
    Throwable cause = WRAPPERS.contains(thrown.getClass()) ? thrown.getCause() : null;
    return cause == null ? thrown : unwrap(cause);
  }

  static String message(Throwable thrown) {
    String message = ask(() -> requireNonNullElse(thrown.getMessage(), ""));
    return message == null ? "(its message could not be read)" : message;
  }

  static String stack(List<Link> chain) {
    String text = "";
    for (int frames : FRAMES) {
      text = print(chain, frames);
      if (text.length() <= ItemError.MAX_STACK_LENGTH) {
        return text;
      }
    }
    return text;
  }

  /** The causes; then the next exceptions of each, of which an SQL exception has a list. */
  static List<Link> chain(Throwable thrown) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Throwable> causes = new ArrayList<>();
    Throwable cause = thrown;
    while (cause != null && causes.size() < MAX_CAUSES && seen.add(cause)) {
      causes.add(cause);
      cause = ask(cause::getCause);
    }
    List<Link> chain = new ArrayList<>();
    causes.forEach(each -> chain.add(Link.of(chain.isEmpty() ? "" : "Caused by: ", each)));
    int most = Math.min(MAX_CAUSES, chain.size() + MAX_NEXT);
    for (Throwable each : causes) {
      for (Throwable next : nextOf(each)) {
        if (chain.size() < most && seen.add(next)) {
          chain.add(Link.of(NEXT, next));
        }
      }
    }
    return chain;
  }

  /** {@code java.sql.SQLException} iterates over itself and its next ones, each with its causes. */
  private static List<Throwable> nextOf(Throwable thrown) {
    List<Throwable> found = new ArrayList<>();
    Iterator<?> all = thrown instanceof Iterable<?> list ? ask(list::iterator) : null;
    while (all != null && found.size() < MAX_CAUSES && Boolean.TRUE.equals(ask(all::hasNext))) {
      if (ask(all::next) instanceof Throwable next) {
        found.add(next);
      } else {
        return found;
      }
    }
    return found;
  }

  private static String print(List<Link> chain, int maxFrames) {
    StringBuilder text = new StringBuilder();
    List<StackTraceElement> enclosing = List.of();
    for (Link link : chain) {
      text.append(link.label).append(link.header).append('\n');
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
  record Link(
      String label,
      String type,
      String header,
      List<StackTraceElement> frames,
      List<String> suppressed) {

    static Link of(String label, Throwable thrown) {
      List<StackTraceElement> frames = ask(() -> Arrays.asList(thrown.getStackTrace()));
      return new Link(
          label,
          thrown.getClass().getName(),
          header(thrown),
          frames == null ? List.of() : frames,
          Stream.of(thrown.getSuppressed()).limit(MAX_SUPPRESSED).map(Link::header).toList());
    }

    private static String header(Throwable thrown) {
      String name = thrown.getClass().getName();
      String message = message(thrown);
      return message.isEmpty() ? name : name + ": " + StoredText.clean(message, MAX_HEADER_LENGTH);
    }

    /** Whether it is the thrown one or a cause, and not a next exception. */
    boolean isCause() {
      return !label.equals(NEXT);
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
