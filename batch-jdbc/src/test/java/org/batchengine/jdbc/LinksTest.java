package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each link in a document leads to a file or a heading that is there. */
class LinksTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern CODE =
      Pattern.compile("^```.*?^```|`[^`\n]*`", Pattern.DOTALL | Pattern.MULTILINE);

  @Test
  void leadSomewhere() throws IOException {
    List<String> broken = new ArrayList<>();
    List<Path> documents = documents();

    for (Path document : documents) {
      Matcher links = LINK.matcher(CODE.matcher(Files.readString(document)).replaceAll(""));
      while (links.find()) {
        String link = links.group(1);
        if (!link.startsWith("http") && !isThere(document, link)) {
          broken.add(ROOT.relativize(document) + ": " + link);
        }
      }
    }

    assertThat(documents).hasSizeGreaterThan(25);
    assertThat(broken).isEmpty();
  }

  @Test
  void ofTheIndexLeadToAllPages() throws IOException {
    String index = Files.readString(ROOT.resolve("docs/README.md"));

    try (Stream<Path> pages = Files.list(ROOT.resolve("docs"))) {
      assertThat(pages.map(page -> page.getFileName().toString()))
          .filteredOn(name -> name.endsWith(".md") && !name.equals("README.md"))
          .isNotEmpty()
          .allMatch(name -> index.contains("](" + name + ")"));
    }
  }

  private static List<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>();
    for (String folder : List.of(".", "docs", "examples", ".github")) {
      int depth = folder.equals("examples") ? 2 : 1;
      if (Files.isDirectory(ROOT.resolve(folder))) {
        try (Stream<Path> files = Files.walk(ROOT.resolve(folder).normalize(), depth)) {
          files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
        }
      }
    }
    return documents;
  }

  private static boolean isThere(Path document, String link) throws IOException {
    int hash = link.indexOf('#');
    String path = hash < 0 ? link : link.substring(0, hash);
    Path target = path.isEmpty() ? document : document.resolveSibling(path).normalize();
    return Files.exists(target) && (hash < 0 || anchors(target).contains(link.substring(hash + 1)));
  }

  /** As GitHub makes them of headings. */
  private static Set<String> anchors(Path document) throws IOException {
    return Files.readAllLines(document).stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }
}
