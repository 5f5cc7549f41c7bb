package org.batchengine.examples.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A JVM that runs a {@link Trial}. Closing kills it. */
final class TrialProcess implements AutoCloseable {
  /** A round that takes longer hangs, and is killed. */
  private static final int LONGEST_MINUTES = 10;

  private static final Pattern ENGINE =
      Pattern.compile(".*[/\\\\](batch-(?:core|jdbc))[/\\\\]target[/\\\\].*");

  private final Trial trial;
  private final Process process;
  private final BufferedReader stdout;

  private TrialProcess(Trial trial, Process process) {
    this.trial = trial;
    this.process = process;
    CompletableFuture.delayedExecutor(
            (long) LONGEST_MINUTES * trial.urls().size(), TimeUnit.MINUTES)
        .execute(process::destroyForcibly);
    this.stdout = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  /** Starts a JVM with the engine of this program, or of the checkout in {@code other}. */
  static TrialProcess start(Trial trial, List<String> flags, @Nullable Path other)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    String classPath = String.join(File.pathSeparator, classPath(other));
    command.addAll(List.of("-cp", classPath, TrialMain.class.getName(), trial.toJson()));
    return new TrialProcess(
        trial, new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  private static List<String> classPath(@Nullable Path other) {
    return entries().stream()
        .map(
            entry -> {
              Matcher engine = ENGINE.matcher(entry);
              return other != null && engine.matches()
                  ? classes(other, engine.group(1)).toString()
                  : entry;
            })
        .toList();
  }

  /** Where a checkout has the classes of a module once it is built. */
  static Path classes(Path checkout, String module) {
    return checkout.resolve(module).resolve("target").resolve("classes");
  }

  /** The class path of this program; Maven runs it by a class loader of its own. */
  private static List<String> entries() {
    if (!(TrialProcess.class.getClassLoader() instanceof URLClassLoader loader)) {
      return List.of(System.getProperty("java.class.path").split(File.pathSeparator));
    }
    List<String> entries = new ArrayList<>();
    for (URL url : loader.getURLs()) {
      try {
        entries.add(Path.of(url.toURI()).toString());
      } catch (URISyntaxException e) {
        throw new IllegalStateException(e);
      }
    }
    return entries;
  }

  /** Reads what it says up to that line. */
  void await(String expected) throws IOException {
    for (String line = stdout.readLine(); line != null; line = stdout.readLine()) {
      if (line.equals(expected)) {
        return;
      }
    }
    throw failed();
  }

  void tell(String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(UTF_8));
    process.getOutputStream().flush();
  }

  /** Waits for its end. */
  Figures figures() throws IOException {
    @Nullable String last = null;
    for (String line = stdout.readLine(); line != null; line = stdout.readLine()) {
      last = line;
    }
    if (last == null || !last.startsWith("{")) {
      throw failed();
    }
    return Figures.of(last);
  }

  private IllegalStateException failed() {
    return new IllegalStateException("It failed, see above: " + trial);
  }

  /** As {@code kill -9} does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
