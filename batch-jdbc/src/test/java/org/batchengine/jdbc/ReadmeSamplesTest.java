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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each sample of README is compiled as it stands there, and run. */
class ReadmeSamplesTest {
  private static final String IMPORTS =
      """
      import java.util.*;
      import org.batchengine.*;
      import org.batchengine.jdbc.*;
      import org.batchengine.model.*;
      """;

  @TempDir Path folder;

  @Test
  void helloRuns() throws Exception {
    String hello = sample("hello").replace("./batches", folder.resolve("hello").toString());
    String printed = run("Hello", IMPORTS + hello.replace("class Hello", "public class Hello"));
    assertThat(printed)
        .contains("succeeded=3", "one 3", "three 5", "fifteen 7")
        .doesNotContain("failed=1");
  }

  @Test
  void serviceRuns() throws Exception {
    String program =
        IMPORTS
            + """
            public class Service {
              public record Invoice(String number) {}
              static final JobType<Invoice, String> ANNOTATE =
                  JobType.of("annotate", Invoice.class, String.class);

              public static void main(String[] args) throws Exception {
                try (var engine = BatchEngine.builder(JdbcBatchStore.open("jdbc:h2:%s"))
                    .register(ANNOTATE, invoice -> "seen " + invoice.number())
                    .start()) {
                  serve(engine, List.of(new Invoice("a"), new Invoice("b")), engine);
                }
              }

              static void serve(Batches batches, List<Invoice> invoices, BatchEngine engine)
                  throws Exception {
                %s
                System.out.println(engine.await(id).counts() + " " + why + " " + json.get("type"));
              }
            }
            """
                .formatted(folder.resolve("service"), sample("service"));
    assertThat(run("Service", program)).contains("succeeded=2", "[]", "annotate");
  }

  private static String sample(String name) throws IOException {
    String readme = Files.readString(Path.of("..", "README.md"));
    Matcher sample =
        Pattern.compile("<!-- sample: " + name + " -->\\s*```java\n(.*?)```", Pattern.DOTALL)
            .matcher(readme);
    assertThat(sample.find()).as("sample " + name + " of README").isTrue();
    return sample.group(1);
  }

  /** What the program's main method prints. */
  private String run(String name, String program) throws Exception {
    Path source = folder.resolve(name + ".java");
    Files.writeString(source, program);
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
                source.toString());
    assertThat(failed).as(errors.toString(StandardCharsets.UTF_8)).isZero();
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
}
