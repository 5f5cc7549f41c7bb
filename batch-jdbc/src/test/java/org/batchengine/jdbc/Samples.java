package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;

/** Compiles and runs what documents show. */
final class Samples {
  /** What the samples import. */
  static final String IMPORTS =
      """
      import java.sql.*;
      import java.time.*;
      import java.util.*;
      import org.batchengine.*;
      import org.batchengine.feed.*;
      import org.batchengine.jdbc.*;
      import org.batchengine.limit.*;
      import org.batchengine.model.*;
      import org.batchengine.memory.*;
      import org.batchengine.report.*;
      import org.batchengine.schedule.*;
      import org.batchengine.store.*;
      """;

  private Samples() {}

  /** The text of a sample in Java. */
  static String sample(String document, String name) throws IOException {
    String text = Files.readString(Path.of("..").resolve(document));
    Matcher sample =
        Pattern.compile("<!-- sample: " + name + " -->\\s*```java\n(.*?)```", Pattern.DOTALL)
            .matcher(text);
    assertThat(sample.find()).as("sample %s of %s", name, document).isTrue();
    return sample.group(1);
  }

  /** What the program's main method prints. */
  static String run(Path folder, String name, String program) throws Exception {
    compile(folder, name, program);
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream stdout = System.out;
    try (URLClassLoader classes = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      Method main = classes.loadClass(name).getMethod("main", String[].class);
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      main.invoke(null, (Object) new String[0]);
    } finally {
      System.setOut(stdout);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }

  /** Compiles the source of a class into the folder; fails with what the compiler says. */
  static void compile(Path folder, String name, String source) throws IOException {
    Path file = folder.resolve(name + ".java");
    Files.writeString(file, source);
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                errors,
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                folder.toString(),
                file.toString());
    assertThat(failed).as(errors.toString(StandardCharsets.UTF_8)).isZero();
  }
}
