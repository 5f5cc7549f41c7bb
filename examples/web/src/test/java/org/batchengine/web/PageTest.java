package org.batchengine.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page is served, with all its files, and needs nothing that the content policy forbids. */
@Tag("H2")
class PageTest {
  private static final Path PAGE = Path.of("src/main/resources/org/batchengine/web/page");
  private static final Pattern NAMED =
      Pattern.compile("\"(page-[0-9a-f]{12})/([a-z-]+\\.[a-z]+)\"");
  private static final long MOST_BYTES = 200_000;

  @TempDir static Path folder;
  private static Service service;

  @BeforeAll
  static void start() throws Exception {
    service = new Service("jdbc:h2:" + folder.resolve("batches"), folder);
  }

  @AfterAll
  static void stop() throws Exception {
    service.close();
  }

  private static Set<String> files() throws IOException {
    try (Stream<Path> files = Files.list(PAGE)) {
      return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  @Test
  void servesEachFileToAnybody() throws Exception {
    HttpResponse<String> index = service.raw("", "GET", "", null);
    assertThat(index.statusCode()).isEqualTo(200);
    assertThat(index.headers().firstValue("Content-Security-Policy").orElse(""))
        .contains("default-src 'none'")
        .doesNotContain("unsafe");
    Set<String> served = new TreeSet<>(Set.of("index.html"));
    for (var named : NAMED.matcher(index.body()).results().toList()) {
      HttpResponse<String> file =
          service.raw("", "GET", named.group(1) + "/" + named.group(2), null);
      assertThat(file.body()).isEqualTo(Files.readString(PAGE.resolve(named.group(2)), UTF_8));
      assertThat(file.headers().firstValue("Cache-Control").orElse("")).contains("immutable");
      served.add(named.group(2));
    }
    assertThat(served).containsExactlyInAnyOrderElementsOf(files());
    assertThat(service.raw("", "GET", "batch-events.js", null).statusCode()).isEqualTo(200);
    assertThat(service.raw("", "GET", "page-000000000000/main.js", null).statusCode())
        .isEqualTo(401);
  }

  @Test
  void isSmallAndParsesNoText() throws IOException {
    long bytes = 0;
    for (String name : files()) {
      String text = Files.readString(PAGE.resolve(name), UTF_8);
      bytes += text.getBytes(UTF_8).length;
      assertThat(text)
          .as(name)
          .doesNotContain(
              List.of(
                  "innerHTML",
                  "outerHTML",
                  "insertAdjacentHTML",
                  "document.write",
                  "eval(",
                  "style="));
    }
    assertThat(bytes).isLessThan(MOST_BYTES);
  }
}
