package org.batchengine.jdbc;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** A process of its own that runs {@link NodeProgram}, and is killed when closed. */
final class NodeProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader lines;

  private NodeProcess(Process process) {
    this.process = process;
    lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts a node, which works on the type {@link NodeProgram#WORK} until it is ended. */
  static NodeProcess start(
      String url, int concurrency, int itemMillis, Path calledItems, int expirySeconds)
      throws IOException {
    ProcessBuilder program =
        program(
            NodeProgram.class,
            url,
            String.valueOf(concurrency),
            String.valueOf(itemMillis),
            calledItems.toString(),
            String.valueOf(expirySeconds));
    return new NodeProcess(program.start());
  }

  /** Starts a process whose output nobody needs to read. */
  static NodeProcess start(ProcessBuilder program) throws IOException {
    return new NodeProcess(program.start());
  }

  /** A process of its own that starts quickly. */
  static ProcessBuilder program(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(Redirect.INHERIT);
  }

  /** Waits until the node has begun as many calls in all as given. */
  void awaitCalls(int calls) {
    while (calls(lineOf(NodeProgram.CALL)) < calls) {
      // Each line that is read is the wait for the next call.
    }
  }

  /** Waits for the next line that begins with the word. */
  void next(String word) {
    lineOf(word);
  }

  private static long calls(String line) {
    return Long.parseLong(line.substring(line.indexOf(' ') + 1));
  }

  private String lineOf(String word) {
    try {
      String line = lines.readLine();
      while (line != null && !line.startsWith(word)) {
        line = lines.readLine();
      }
      if (line == null) {
        throw new IllegalStateException("the node ended before it said " + word);
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** SIGSTOP: it stands still, and the server does not learn of it. */
  void stop() throws Exception {
    signal("STOP");
  }

  /** SIGCONT. */
  void goOn() throws Exception {
    signal("CONT");
  }

  private void signal(String name) throws Exception {
    int result =
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().waitFor();
    if (result != 0) {
      throw new IllegalStateException("kill -" + name + " ended with " + result);
    }
  }

  /** SIGTERM; does not wait. */
  void askToEnd() {
    process.destroy();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGTERM; waits for the end. */
  boolean terminate(int seconds) throws InterruptedException {
    process.destroy();
    return process.waitFor(seconds, TimeUnit.SECONDS);
  }

  /** Waits for its end. */
  OptionalInt exitValue(int seconds) throws InterruptedException {
    return process.waitFor(seconds, TimeUnit.SECONDS)
        ? OptionalInt.of(process.exitValue())
        : OptionalInt.empty();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
