package org.batchengine.examples.service;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The service in a process of its own, as a user starts it. Closing kills it. */
final class ServiceProcess implements AutoCloseable {
  private static final long LONGEST_SECONDS = 120;

  private final Process process;
  private final Path stderr;
  private final String printed;

  /** Starts it, and returns once it is there. */
  ServiceProcess(Path folder, List<String> jvm, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(jvm);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Service.class.getName()));
    command.addAll(List.of("--port", "0"));
    command.addAll(
        List.of(
            "--allow-folder", Files.createDirectories(folder.resolve("repository")).toString()));
    command.addAll(arguments);
    stderr = Files.createTempFile(folder, "stderr", "");
    process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(stderr.toFile())
            .start();
    String line =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8)).readLine();
    if (line == null) {
      throw new AssertionError("it did not start: " + said());
    }
    printed = line;
  }

  Caller caller() {
    return Caller.at(printed);
  }

  String said() throws IOException {
    return Files.readString(stderr);
  }

  long pid() {
    return process.pid();
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Tells it to stop, by SIGTERM. */
  void stop() {
    process.toHandle().destroy();
  }

  int exitCode() throws IOException, InterruptedException {
    if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("It goes on and on: " + said());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
