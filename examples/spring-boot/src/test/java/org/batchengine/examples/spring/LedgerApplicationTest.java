package org.batchengine.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The executable jar is stopped, killed and started again, and every invoice is booked once. */
@Timeout(120)
class LedgerApplicationTest {
  private static final int INVOICES = 200;

  private final HttpClient http = HttpClient.newHttpClient();
  private Process process;
  private String address;

  @AfterEach
  void kill() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void booksEachInvoiceOnceOnH2(@TempDir Path folder) throws Exception {
    goesOn("jdbc:h2:" + folder.resolve("batches") + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE", "sa");
  }

  @Test
  void booksEachInvoiceOnceOnPostgres() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
      goesOn(server.getJdbcUrl("postgres", "postgres"), "postgres");
    }
  }

  private void goesOn(String url, String user) throws Exception {
    start(url, user);
    assertThat(get("/actuator/health")).contains("\"batchEngine\":{", "\"session_live\":");
    assertThat(response("/batches/" + UUID.randomUUID()).statusCode()).isEqualTo(404);
    assertThat(response("/batches/none").statusCode()).isEqualTo(400);
    String batch = "/batches/" + upload();

    await(batch, status -> number("succeeded", status) >= 20);
    process.destroy(); // SIGTERM
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();

    start(url, user);
    int before = number("succeeded", get(batch));
    assertThat(before).isBetween(20, INVOICES - 40);
    await(batch, status -> number("succeeded", status) >= before + 20);
    assertThat(number("succeeded", get(batch))).isLessThan(INVOICES);
    process.destroyForcibly().waitFor(); // SIGKILL

    start(url, user);
    String ended = await(batch, status -> status.contains("\"state\":\"COMPLETED\""));
    assertThat(number("succeeded", ended)).isEqualTo(INVOICES);
    assertThat(number("invoices", get("/ledger").toLowerCase())).isEqualTo(INVOICES);
  }

  private void start(String url, String user) throws IOException {
    process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                System.getProperty("application.jar"),
                "--server.port=0",
                "--spring.datasource.url=" + url,
                "--spring.datasource.username=" + user,
                "--batchengine.session-expiry=2s",
                "--batchengine.types.book.chunk-size=1",
                "--batchengine.types.book.concurrency=1",
                "--ledger.pause=30ms")
            .redirectErrorStream(true)
            .start();
    BufferedReader said = process.inputReader();
    StringBuilder all = new StringBuilder();
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      all.append(line).append('\n');
      Matcher port = Pattern.compile("Tomcat started on port (\\d+)").matcher(line);
      if (port.find()) {
        address = "http://localhost:" + port.group(1);
      }
      if (line.contains("Started LedgerApplication")) {
        Thread rest = new Thread(() -> said.lines().forEach(more -> {}));
        rest.setDaemon(true);
        rest.start();
        return;
      }
    }
    throw new AssertionError("the application did not start:\n" + all);
  }

  private String upload() throws Exception {
    String csv =
        IntStream.range(0, INVOICES)
            .mapToObj(i -> i + ",19.90")
            .collect(Collectors.joining("\n", "invoice,amount\n", "\n"));
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create(address + "/batches"))
                .header("Content-Type", "text/csv")
                .POST(BodyPublishers.ofString(csv))
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    return answer.body().replaceAll(".*\"id\":\"([^\"]+)\".*", "$1");
  }

  private String await(String path, Predicate<String> until) throws Exception {
    String last = get(path);
    while (!until.test(last)) {
      TimeUnit.MILLISECONDS.sleep(50);
      last = get(path);
    }
    return last;
  }

  private String get(String path) throws Exception {
    return response(path).body();
  }

  private HttpResponse<String> response(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(address + path)).timeout(Duration.ofSeconds(10)).build(),
        BodyHandlers.ofString());
  }

  private static int number(String name, String json) {
    Matcher field = Pattern.compile("\"" + name + "\":(\\d+)").matcher(json);
    assertThat(field.find()).as(json).isTrue();
    return Integer.parseInt(field.group(1));
  }
}
