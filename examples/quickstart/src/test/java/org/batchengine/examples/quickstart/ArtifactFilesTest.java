package org.batchengine.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactFilesTest {
  private final List<String> warnings = new ArrayList<>();

  @TempDir Path folder;

  @Test
  void findsJarsAndPomsOfAllLevelsInOrder() throws Exception {
    for (String file : List.of("b/1/b.pom", "b/1/b.jar", "b/1/b.jar.sha1", "a.jar", "c/c.txt")) {
      Samples.write(folder.resolve(file), "");
    }
    Files.createDirectories(folder.resolve("empty"));
    Files.createDirectories(folder.resolve("directory.jar"));

    assertThat(found(folder)).containsExactly("a.jar", "b/1/b.jar", "b/1/b.pom");
    assertThat(warnings).isEmpty();
  }

  @Test
  void followsNoLink() throws Exception {
    Samples.write(folder.resolve("inside/a.jar"), "");
    Files.createSymbolicLink(folder.resolve("inside/round"), folder);
    Files.createSymbolicLink(folder.resolve("b.jar"), folder.resolve("inside/a.jar"));

    assertThat(found(folder)).containsExactly("inside/a.jar");
    assertThat(warnings)
        .containsExactly(
            "Skipped the link " + folder.resolve("b.jar"),
            "Skipped the link " + folder.resolve("inside/round"));
  }

  @Test
  void reportsADirectoryThatCannotBeRead() {
    assertThat(found(folder.resolve("gone"))).isEmpty();
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith("Could not read the directory " + folder.resolve("gone"));
  }

  @Test
  void endsAsAnIteratorShould() {
    ArtifactFiles files = new ArtifactFiles(folder, warnings::add);

    assertThat(files.hasNext()).isFalse();
    assertThatThrownBy(files::next).isInstanceOf(NoSuchElementException.class);
  }

  private List<String> found(Path start) {
    List<String> found = new ArrayList<>();
    new ArtifactFiles(start, warnings::add).forEachRemaining(found::add);
    return found;
  }
}
