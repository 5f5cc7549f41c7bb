package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.batchengine.modules.ModularProgram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A host that is a module, on the module path, where Jdbi may not look into our rooms. */
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

  /** What the host prints. Its module requires ours, and nothing that ours need. */
  private String printed(String url) throws Exception {
    String modules =
        ON_CLASS_PATH.stream()
            .filter(LIBRARIES.asMatchPredicate())
            .collect(Collectors.joining(File.pathSeparator));
    Path host = compiled(modules);
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-p",
                modules + File.pathSeparator + host,
                "-m",
                "acme.host/" + ModularProgram.class.getName(),
                url)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private Path compiled(String modules) throws IOException {
    Path descriptor =
        Files.writeString(
            folder.resolve("module-info.java"),
            """
            module acme.host {
              requires org.batchengine.jdbc;
              provides org.batchengine.BatchProcessor
                  with org.batchengine.modules.ProvidedProcessor;
            }
            """);
    Path sources = Path.of("src/test/java/org/batchengine/modules");
    Path host = folder.resolve("host");
    int errors =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-d",
                host.toString(),
                "-p",
                modules,
                descriptor.toString(),
                sources.resolve("ModularProgram.java").toString(),
                sources.resolve("ProvidedProcessor.java").toString());
    assertThat(errors).isZero();
    return host;
  }
}
