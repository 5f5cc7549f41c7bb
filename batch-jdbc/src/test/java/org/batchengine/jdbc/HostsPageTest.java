package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.batchengine.BatchEngine;
import org.batchengine.model.BatchException;
import org.batchengine.model.BatchJob;
import org.batchengine.model.HistoryQuery;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What docs/hosts.md shows and lists. */
@Timeout(60)
class HostsPageTest {
  private static final String PAGE = "docs/hosts.md";

  @TempDir Path folder;

  @Test
  @Tag("H2")
  @DisplayName("plain Java: on SIGTERM, the call that runs is finished and stored")
  void plainJavaDrains() throws Exception {
    Samples.compile(
        folder,
        "Service",
        Samples.IMPORTS
            + """
            import java.util.concurrent.CountDownLatch;

            public class Service {
              static final CountDownLatch STOPPING = new CountDownLatch(1);
              static final JobType<Text, Integer> LENGTH =
                  JobType.of("length", Text.class, Integer.class);

              /** Whose length is known once the process was told to stop. */
              public record Text(String text) {
                int length() throws InterruptedException {
                  System.out.println("running");
                  STOPPING.await();
                  return text.length();
                }
              }

              public static void main(String[] url) {
                Runtime.getRuntime().addShutdownHook(new Thread(STOPPING::countDown));
                start(url[0]).submit(LENGTH, List.of(new Text("three")));
              }

              %s
            }
            """
                .formatted(Samples.sample(PAGE, "plain")));
    String url = H2Files.url(folder, "plain");
    Process service =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                folder + File.pathSeparator + System.getProperty("java.class.path"),
                "Service",
                url)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said =
        new BufferedReader(
            new InputStreamReader(service.getInputStream(), StandardCharsets.UTF_8))) {
      String line = said.readLine();
      while (line != null && !line.equals("running")) {
        line = said.readLine();
      }
      service.destroy();
      assertThat(service.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      service.destroyForcibly();
    }
    try (BatchEngine client = BatchEngine.builder(JdbcBatchStore.open(url)).build()) {
      BatchJob job = client.history(HistoryQuery.all()).items().get(0);
      assertThat(job.counts().succeeded()).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("Kubernetes: a node is ready until it is closed, and live as long as it answers")
  void probesAnswer() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            import com.sun.net.httpserver.*;
            import java.io.*;
            import java.net.*;

            public class Probes {
              public static void main(String[] args) throws Exception {
                HttpServer http =
                    HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
                http.start();
                BatchEngine engine = BatchEngine.builder(new InMemoryBatchStore()).start();
                serve(http, engine);
                ask(http);
                engine.close();
                ask(http);
                http.stop(0);
              }

              static void ask(HttpServer http) throws IOException {
                for (String path : List.of("live", "ready")) {
                  URL url = new URL("http://127.0.0.1:" + http.getAddress().getPort() + "/" + path);
                  System.out.print(((HttpURLConnection) url.openConnection()).getResponseCode() + " ");
                }
              }

              static void answer(HttpExchange exchange, int status, String text) throws IOException {
                exchange.sendResponseHeaders(status, text.length());
                exchange.getResponseBody().write(text.getBytes());
                exchange.close();
              }

              %s
            }
            """
                .formatted(Samples.sample(PAGE, "probes"));
    assertThat(Samples.run(folder, "Probes", program)).isEqualTo("200 200 200 503 ");
  }

  @Test
  @DisplayName("the table of errors in HTTP has each exception that a host may meet, and no other")
  void tellsOfEachException() throws Exception {
    String page = Files.readString(Path.of("..", PAGE));
    String section = page.substring(page.indexOf("## Errors in HTTP"), page.indexOf("## JSON"));
    Set<String> told = new TreeSet<>();
    Matcher row = Pattern.compile("(?m)^\\| `(\\w+Exception)`").matcher(section);
    while (row.find()) {
      told.add(row.group(1));
    }
    Set<String> met = new TreeSet<>(Set.of(IllegalArgumentException.class.getSimpleName()));
    for (String module : Set.of("../batch-core", "../batch-jdbc")) {
      Path classes = Path.of(module, "target", "classes");
      Set<String> rooms = roomsOfHosts(classes);
      new ClassFileImporter()
          .importPath(classes).stream()
              .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
              .filter(type -> rooms.contains(type.getPackageName()))
              .filter(type -> type.isAssignableTo(RuntimeException.class))
              .filter(type -> !type.isEquivalentTo(BatchException.class))
              .map(JavaClass::getSimpleName)
              .forEach(met::add);
    }
    assertThat(told).isEqualTo(met);
    assertThat(section).contains("`BatchException`");
  }

  /** What the module exports to everybody, but what is for authors of stores. */
  private static Set<String> roomsOfHosts(Path classes) throws Exception {
    try (InputStream descriptor = Files.newInputStream(classes.resolve("module-info.class"))) {
      return ModuleDescriptor.read(descriptor).exports().stream()
          .filter(room -> !room.isQualified())
          .map(ModuleDescriptor.Exports::source)
          .filter(room -> !room.equals("org.batchengine.store"))
          .collect(Collectors.toSet());
    }
  }
}
