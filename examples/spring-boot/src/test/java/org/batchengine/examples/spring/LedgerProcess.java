package org.batchengine.examples.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The executable jar as a process, and what it says and answers. */
final class LedgerProcess implements AutoCloseable {
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());
  private final Process process;
  private final int port;

  /** Starts it, and returns once it is ready. */
  LedgerProcess(Path folder, List<String> arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                System.getProperty("application.jar"),
                "--server.port=0"));
    command.addAll(arguments);
    process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    Thread listener = new Thread(this::listen, "output");
    listener.setDaemon(true);
    listener.start();
    port = Integer.parseInt(awaitWord("Tomcat started on port (\\d+)").group(1));
    awaitWord("Started LedgerApplication");
  }

  private void listen() {
    try (BufferedReader lines = process.inputReader(UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        say(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      say("(the end)");
    }
  }

  private void say(String line) {
    synchronized (said) {
      said.add(line);
      said.notifyAll();
    }
  }

  /** What matches first in a line of the output. Fails when the process ends without it. */
  Matcher awaitWord(String pattern) throws InterruptedException {
    Pattern word = Pattern.compile(pattern);
    synchronized (said) {
      for (int next = 0; ; next++) {
        while (next == said.size()) {
          said.wait();
        }
        Matcher found = word.matcher(said.get(next));
        if (found.find()) {
          return found;
        }
        assertThat(said.get(next)).as(this::output).isNotEqualTo("(the end)");
      }
    }
  }

  /** Everything that was said. */
  String output() {
    synchronized (said) {
      return String.join("\n", said);
    }
  }

  int port() {
    return port;
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String contentType, String body)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", contentType)
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  /** Asks until the answer is as wanted. */
  String await(String path, Predicate<String> wanted) throws IOException, InterruptedException {
    String last = get(path).body();
    while (!wanted.test(last)) {
      TimeUnit.MILLISECONDS.sleep(20);
      last = get(path).body();
    }
    return last;
  }

  private URI uri(String path) {
    return URI.create("http://localhost:" + port + path);
  }

  /** Sends SIGTERM. {@code process.destroy()} would close the output as well. */
  void terminate() {
    process.toHandle().destroy();
  }

  /** Sends SIGKILL. */
  int kill() throws InterruptedException {
    return process.destroyForcibly().waitFor();
  }

  /** The exit code, which must come soon. */
  int exitCode() throws InterruptedException {
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).as(this::output).isTrue();
    awaitWord("\\(the end\\)");
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
