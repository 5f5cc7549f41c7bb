package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.batchengine.modules.ModularProgram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The library works on the module path too, where Jdbi may not look into its rooms. */
@Timeout(120)
class ModulePathTest {
  /** What a host has, and nothing that only tests have. */
  private static final Pattern LIBRARIES =
      Pattern.compile(
          ".*/(batch-(core|jdbc)/target/classes|batch-core-[^/]*\\.jar"
              + "|(jdbi3-|HikariCP-|slf4j-api-|jspecify-|geantyref-|h2-|postgresql-)[^/]*\\.jar)");

  private static final List<String> ON_CLASS_PATH =
      Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).toList();

  @TempDir Path folder;

  @Test
  void onH2() throws Exception {
    assertThat(printed(H2Files.url(folder, "modular"))).isEqualTo("done\n");
  }

  @Test
  void onPostgres() throws Exception {
    String url = PostgresServer.freshDatabase();
    assertThat(printed(url)).isEqualTo("done\n");
    PostgresServer.drop(url);
  }

  /** What the program prints. It is on the class path itself, in front of the modules. */
  private static String printed(String url) throws Exception {
    String modules =
        ON_CLASS_PATH.stream()
            .filter(LIBRARIES.asMatchPredicate())
            .collect(Collectors.joining(File.pathSeparator));
    String program =
        Path.of(ModularProgram.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .toString();
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-p",
                modules,
                "--add-modules",
                "ALL-MODULE-PATH",
                "-cp",
                program,
                ModularProgram.class.getName(),
                url)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
