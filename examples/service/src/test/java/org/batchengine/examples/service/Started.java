package org.batchengine.examples.service;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** A service in this process, on a free port. */
final class Started implements AutoCloseable {
  final String printed;
  private final RunningService service;

  private Started(String printed, RunningService service) {
    this.printed = printed;
    this.service = service;
  }

  /** With its data and an empty repository in a folder. */
  static Started in(Path folder, String... arguments) throws Exception {
    return in(folder, Map.of(), arguments);
  }

  static Started in(Path folder, Map<String, String> environment, String... arguments)
      throws Exception {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("--port", "0");
    options.put("--data", folder.resolve("data").toString());
    options.put("--allow-folder", Files.createDirectories(folder.resolve("repository")).toString());
    List<String> all = new ArrayList<>(List.of(arguments));
    options.forEach(
        (option, value) -> {
          if (!all.contains(option)) {
            all.addAll(List.of(option, value));
          }
        });
    Service command = new Service();
    new CommandLine(command).parseArgs(all.toArray(String[]::new));
    RunningService service = command.start(environment);
    return new Started(command.printed(service), service);
  }

  Caller caller() {
    return Caller.at(printed);
  }

  @Override
  public void close() {
    service.close();
  }
}
