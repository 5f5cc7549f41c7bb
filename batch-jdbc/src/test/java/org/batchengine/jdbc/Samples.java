package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.tools.ToolProvider;

/** Compiles what documents show. */
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
      import org.batchengine.model.*;
      import org.batchengine.memory.*;
      import org.batchengine.report.*;
      import org.batchengine.store.*;
      """;

  private Samples() {}

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
