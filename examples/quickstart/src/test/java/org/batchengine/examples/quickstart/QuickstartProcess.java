package org.batchengine.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The quickstart in a process of its own, as a user starts it. Closing kills it. */
final class QuickstartProcess implements AutoCloseable {
  private static final long LONGEST_RUN_SECONDS = 120;

  private final Process process;
  private final BufferedReader stderr;
  private final CompletableFuture<String> stdout;
  private final List<String> said = new ArrayList<>();

  private QuickstartProcess(Process process) {
    this.process = process;
    stderr = new BufferedReader(new InputStreamReader(process.getErrorStream(), UTF_8));
    stdout =
        CompletableFuture.supplyAsync(
            () -> textOf(process.getInputStream()), reader -> new Thread(reader).start());
  }

  static QuickstartProcess start(Path directory, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
    command.add(Quickstart.class.getName());
    command.addAll(List.of(arguments));
    return new QuickstartProcess(new ProcessBuilder(command).directory(directory.toFile()).start());
  }

  /** Reads stderr up to the first line that is sought. */
  void awaitLine(Predicate<String> sought) throws IOException {
    for (String line = stderr.readLine(); line != null; line = stderr.readLine()) {
      said.add(line);
      if (sought.test(line)) {
        return;
      }
    }
    throw new AssertionError("It ended without such a line: " + said + stdout.join());
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** As Ctrl-C does, but by SIGTERM: a parent that ignores SIGINT hands that on. */
  void stop() {
    process.toHandle().destroy(); // that of Process closes stderr, too
  }

  /** Waits for its end; returns the exit code. */
  int exitCode() throws IOException, InterruptedException {
    stderr.lines().forEach(said::add);
    if (!process.waitFor(LONGEST_RUN_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("It goes on and on: " + said);
    }
    return process.exitValue();
  }

  String stdout() {
    return stdout.join();
  }

  List<String> stderr() {
    return said;
  }

  /** The last line of stdout, once it has ended well. */
  Summary.Outcome outcome() throws IOException, InterruptedException {
    if (exitCode() != 0) {
      throw new AssertionError("Exit code " + exitCode() + ": " + said + stdout());
    }
    String[] lines = stdout().split("\n", -1);
    if (!lines[lines.length - 1].isEmpty()) {
      throw new AssertionError("Something stands after the last line: " + stdout());
    }
    return new ObjectMapper().readValue(lines[lines.length - 2], Summary.Outcome.class);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private static String textOf(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
