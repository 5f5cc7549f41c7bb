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
import org.jspecify.annotations.Nullable;

/** A JVM that runs a {@link Trial}. Closing kills it. */
final class TrialProcess implements AutoCloseable {
  /** One that takes longer hangs, and is killed. */
  private static final int LONGEST_MINUTES = 10;

  private final Trial trial;
  private final Process process;
  private final BufferedReader stdout;

  private TrialProcess(Trial trial, Process process) {
    this.trial = trial;
    this.process = process;
    CompletableFuture.delayedExecutor(LONGEST_MINUTES, TimeUnit.MINUTES)
        .execute(process::destroyForcibly);
    this.stdout = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  static TrialProcess start(Trial trial, List<String> flags) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath(), TrialMain.class.getName(), trial.toJson()));
    return new TrialProcess(
        trial, new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** That of this program; Maven runs it by a class loader of its own. */
  private static String classPath() {
    if (!(TrialProcess.class.getClassLoader() instanceof URLClassLoader loader)) {
      return System.getProperty("java.class.path");
    }
    List<String> entries = new ArrayList<>();
    for (URL url : loader.getURLs()) {
      try {
        entries.add(Path.of(url.toURI()).toString());
      } catch (URISyntaxException e) {
        throw new IllegalStateException(e);
      }
    }
    return String.join(File.pathSeparator, entries);
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
