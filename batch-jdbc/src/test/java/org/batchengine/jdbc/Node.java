package org.batchengine.jdbc;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process of its own that runs {@link NodeProgram}, and is killed when closed. */
final class Node implements AutoCloseable {
  private final Process process;
  private final BufferedReader lines;

  private Node(Process process) {
    this.process = process;
    lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts a node, which works on the type {@link NodeProgram#WORK} until it is ended. */
  static Node start(String url, int concurrency, int itemMillis, Path calledItems)
      throws IOException {
    String java = ProcessHandle.current().info().command().orElse("java");
    List<String> command =
        List.of(
            java,
            "-cp",
            System.getProperty("java.class.path"),
            NodeProgram.class.getName(),
            url,
            String.valueOf(concurrency),
            String.valueOf(itemMillis),
            calledItems.toString());
    return new Node(new ProcessBuilder(command).redirectError(Redirect.INHERIT).start());
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

  /** SIGTERM; waits for the end. */
  boolean terminate(int seconds) throws InterruptedException {
    process.destroy();
    return process.waitFor(seconds, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
