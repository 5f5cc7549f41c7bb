package org.batchengine.examples.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page shows this application, and all properties. */
class SpringBootPageTest {
  private static final String PACKAGE = SpringBootPageTest.class.getPackageName();

  @Test
  void showsTheFilesOfTheApplication() throws IOException {
    List<MatchResult> files = found("<!-- file: (src/[^ ]+) -->\n```\\w+\n((?s:.*?))```", page());

    assertThat(files).hasSize(4);
    for (MatchResult file : files) {
      String path = file.group(1).replace("java/ledger", "java/" + PACKAGE.replace('.', '/'));
      assertThat(file.group(2))
          .as(path)
          .isEqualTo(Files.readString(Path.of(path)).replace(PACKAGE, "ledger"));
    }
  }

  @Test
  void listsTheProperties() throws IOException {
    String metadata;
    try (InputStream file =
        getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
      metadata = new String(file.readAllBytes(), UTF_8);
    }
    String table = page().split("## Properties", -1)[1];
    List<String> listed =
        found("(?m)^\\| (`.*?) \\|", table).stream()
            .flatMap(cell -> found("`([^`]+)`", cell.group(1)).stream())
            .map(name -> name.group(1))
            .toList();

    assertThat(found("\"name\": \"batchengine\\.(.*)\"", metadata.split("\"properties\"", -1)[1]))
        .extracting(name -> name.group(1))
        .containsExactlyInAnyOrderElementsOf(listed);
  }

  private static String page() throws IOException {
    return Files.readString(Path.of("../../docs/spring-boot.md"));
  }

  private static List<MatchResult> found(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().toList();
  }
}
