package org.batchengine.examples.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.batchengine.JobOptions;
import org.batchengine.examples.service.Caller.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The service on an H2 file, by HTTP. */
@Tag("H2")
class ServiceTest {
  private static final String POM =
      "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version></project>";

  @TempDir Path folder;
  private Path repository;

  @BeforeEach
  void fill() throws Exception {
    repository = Files.createDirectories(folder.resolve("repository"));
    for (String name : List.of("one", "two")) {
      Path directory = Files.createDirectories(repository.resolve(name));
      Files.writeString(directory.resolve(name + ".pom"), POM);
    }
    Files.writeString(repository.resolve("two/bad.jar"), "no zip");
    Files.writeString(folder.resolve("secret.pom"), POM);
  }

  @Test
  @DisplayName(
      "a newcomer opens the page without a token, and audits by one request without a body")
  void newcomer() throws Exception {
    try (Started service = Started.in(folder)) {
      Caller caller = service.caller();

      assertThat(caller.with("").get("").text()).startsWith("<!doctype html>");
      String id = caller.create("{\"operation\":\"audit\"}").id();
      JsonNode batch = caller.ended(id);
      assertThat(batch.get("status").textValue()).isEqualTo("completed");
      assertThat(batch.get("succeeded").intValue()).isEqualTo(2);
      assertThat(batch.get("failed_items").intValue()).isEqualTo(1);
      JsonNode results = caller.results(id);
      assertThat(results.findValuesAsText("nodeId"))
          .containsExactly("one/one.pom", "two/bad.jar", "two/two.pom");
      assertThat(results.at("/0/result/pom/coordinates").textValue()).isEqualTo("g:a:1");
      assertThat(results.at("/0/qualityScore").doubleValue()).isBetween(0.66, 0.67);
      assertThat(caller.errors(id)).containsExactly(Map.entry("NOT_A_ZIP", 1));
    }
  }

  @Test
  @DisplayName("by default it listens on 127.0.0.1 and nowhere else")
  void listening() throws Exception {
    try (Started service = Started.in(folder)) {
      int port = URI.create(service.printed).getPort();

      assertThatExceptionOfType(ConnectException.class)
          .isThrownBy(() -> new Socket("127.0.0.2", port).close());
    }
  }

  @Test
  @DisplayName("a folder and a number limit an audit")
  void limited() throws Exception {
    try (Started service = Started.in(folder)) {
      String id =
          service
              .caller()
              .create("{\"operation\":\"audit\",\"filters\":{\"folder\":\"two\",\"limit\":1}}")
              .id();

      assertThat(service.caller().results(id).findValuesAsText("nodeId"))
          .containsExactly("two/bad.jar");
    }
  }

  @Test
  @DisplayName("no audit reads a file outside of its folder, whatever a request names")
  void outside() throws Exception {
    Files.createSymbolicLink(repository.resolve("link.pom"), folder.resolve("secret.pom"));
    Files.writeString(repository.resolve("settings.xml"), POM);
    try (Started service = Started.in(folder)) {
      Caller caller = service.caller();
      String items =
          "[\"../secret.pom\",\"%s\",\"link.pom\",\"settings.xml\",\"one/../../secret.pom\",\"gone.pom\",\"one/one.pom\"]"
              .formatted(folder.resolve("secret.pom"));

      String id = caller.create("{\"operation\":\"audit\",\"items\":" + items + "}").id();
      JsonNode results = caller.results(id);

      assertThat(caller.errors(id))
          .containsOnly(Map.entry("NOT_ALLOWED", 5), Map.entry("VANISHED", 1));
      assertThat(results.get(6).get("success").booleanValue()).isTrue();
      Answer refused = caller.create("{\"operation\":\"audit\",\"filters\":{\"folder\":\"..\"}}");
      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.text()).contains("filters.folder");
    }
  }

  @Test
  @DisplayName("the token is made once, in a file that only its owner reads; any other is refused")
  void token() throws Exception {
    String printed;
    String id;
    try (Started service = Started.in(folder)) {
      printed = service.printed;
      id = service.caller().create("{\"operation\":\"audit\"}").id();
    }
    Path file = folder.resolve("data/token");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("data"))))
        .isEqualTo("rwx------");
    assertThat(printed).matches("http://127\\.0\\.0\\.1:\\d+/#token=[A-Za-z0-9_-]{43}");
    try (Started service = Started.in(folder)) {
      assertThat(service.printed).endsWith(printed.substring(printed.indexOf('#')));
      Caller caller = service.caller();
      String token = Files.readString(file).strip();

      assertThat(caller.get("api/batch/" + id).status()).isEqualTo(200);
      assertThat(caller.with(basic("anybody", token)).get("api/batch/" + id).status())
          .isEqualTo(200);
      for (String wrong :
          List.of(
              "",
              "Bearer",
              "Bearer x" + token,
              "Bearer " + token + "x",
              "Token " + token,
              basic(token, "x"),
              "Basic ?")) {
        assertThat(caller.with(wrong).get("api/batch/" + id).status()).as(wrong).isEqualTo(401);
      }
    }
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Started.in(folder))
        .withMessageContaining("chmod 600");
  }

  @Test
  @DisplayName("a file of tokens says who sees which tenant, and may do what")
  void tokens() throws Exception {
    Path file = folder.resolve("tokens");
    Files.writeString(
        file,
        """
        # name tenant rights SHA-256
        alice  acme   READ,SUBMIT  %s

        reader acme   READ         %s
        bob    other  *            %s
        root   *      *            %s
        """
            .formatted(sha256("a"), sha256("r"), sha256("b"), sha256("o")));
    try (Started service = Started.in(folder, "--tokens", file.toString())) {
      assertThat(service.printed).matches("http://127\\.0\\.0\\.1:\\d+/");
      assertThat(folder.resolve("data/token")).doesNotExist();
      Caller caller = service.caller();
      Caller alice = caller.with("Bearer a");
      Answer created = alice.create("{\"operation\":\"audit\"}");
      String path = "api/batch/" + created.id();

      assertThat(created.json().at("/batch/tenant").textValue()).isEqualTo("acme");
      assertThat(created.json().at("/batch/submitted_by").textValue()).isEqualTo("alice");
      assertThat(alice.post(path + "/cancel", "{}").status()).isEqualTo(403);
      assertThat(caller.with("Bearer r").get(path).status()).isEqualTo(200);
      assertThat(caller.with("Bearer r").create("{\"operation\":\"audit\"}").status())
          .isEqualTo(403);
      assertThat(caller.with(basic("x", "b")).get(path).status()).isEqualTo(404);
      assertThat(caller.with("Bearer o").get(path).status()).isEqualTo(200);
      assertThat(caller.with("Bearer o").get("api/batch/nodes").status()).isEqualTo(200);
      assertThat(caller.with("Bearer b").get("api/batch/nodes").status()).isEqualTo(403);
      assertThat(caller.with("Bearer A").get(path).status()).isEqualTo(401);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "alice acme READ | line 1: there are 3 columns",
        "alice acme READ,FLY %s | line 1: there is no right \"FLY\"",
        "alice acme READ abc | line 1: the last column is no SHA-256",
        "# nobody | has no token",
        "alice acme READ %s;bob acme READ %s | line 2: an earlier line has the same token",
      })
  @DisplayName("a file of tokens that is wrong says where, and how it should be")
  void wrongTokens(String lines, String message) throws Exception {
    Path file = folder.resolve("tokens");
    Files.writeString(file, lines.replace(";", "\n").replace("%s", sha256("a")));
    refused(message, "--tokens", file.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--address 0.0.0.0 | --address 0.0.0.0 is reached by other machines: say who gets in with --tokens",
        "--address nowhere.invalid | --address nowhere.invalid is unknown",
        "--port 70000 | --port 70000 is out of range: 0 to 65535",
        "--tokens missing | --tokens missing is no file",
        "--allow-folder missing | --allow-folder missing is no directory",
        "--url jdbc:h2:mem:x | --url must begin with jdbc:postgresql:",
        "--allow-url ftp://host/ | --allow-url ftp://host/ is no URL such as https://host/path",
        "--allow-url http://host/?a | --allow-url http://host/?a has a query",
        "--notify-url http://me@host/ | --notify-url http://me@host/ has a user",
      })
  @DisplayName("bad arguments are refused with the way out, before anything is written")
  void badArguments(String arguments, String message) {
    refused(message, arguments.split(" ", -1));
  }

  private void refused(String message, String... arguments) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Started.in(folder, arguments))
        .withMessageContaining(message);
    assertThat(folder.resolve("data")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "BATCH_DEFAULT_SIZE, 0, from 1 to 10000",
    "BATCH_MAX_RETRIES, many, from 0 to 10000",
    "BATCH_TIMEOUT_MS, -1, from 1 to 31536000000",
    "BATCH_RETENTION_DAYS, '', from 1 to 3650",
    "BATCH_WEBHOOK_SECRET, short, whsec_"
  })
  @DisplayName("bad values of the environment are refused by name")
  void badEnvironment(String name, String value, String range) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Started.in(folder, Map.of(name, value)))
        .withMessageContaining(name)
        .withMessageContaining(range)
        .withMessageContaining("unset it");
    assertThat(folder.resolve("data/batches.mv.db")).doesNotExist();
  }

  @Test
  @DisplayName("the environment says how batches run, and how long they are kept")
  void environment() {
    Defaults given =
        Defaults.of(
            Map.of(
                "BATCH_DEFAULT_SIZE", "7",
                "BATCH_MAX_RETRIES", "0",
                "BATCH_TIMEOUT_MS", "1500",
                "BATCH_RETENTION_DAYS", "1"));
    Defaults nothing = Defaults.of(Map.of());

    JobOptions wanted =
        JobOptions.defaults().chunkSize(7).maxRetries(0).timeout(Duration.ofMillis(1500));
    assertThat(given.options()).isEqualTo(wanted);
    assertThat(given.options(1_000)).isEqualTo(wanted);
    assertThat(given.retention()).isEqualTo(Duration.ofDays(1));
    assertThat(nothing.options())
        .isEqualTo(
            JobOptions.defaults().chunkSize(50).maxRetries(3).timeout(Duration.ofSeconds(30)));
    assertThat(nothing.retention()).isEqualTo(Duration.ofDays(30));
  }

  private static String basic(String user, String password) {
    return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
  }

  private static String sha256(String token) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(UTF_8)));
  }
}
