package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each sample in Javadoc, and those of docs that only show a call, is compiled as it stands there.
 */
class JavadocSamplesTest {
  private static final Pattern IN_JAVADOC =
      Pattern.compile("<pre>\\{@code\\n(.*?)\\n *\\* }</pre>", Pattern.DOTALL);
  private static final Pattern IN_DOCS = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern FIELDS =
      Pattern.compile("(static final .*?;\\n?)(.*)", Pattern.DOTALL);

  /** The names that samples use without saying what they are. */
  private static final String GIVEN =
      """
      import io.micrometer.core.instrument.MeterRegistry;
      import java.io.*;
      import java.net.URI;
      import java.nio.file.*;
      import javax.sql.DataSource;
      import org.batchengine.codec.*;
      import org.batchengine.micrometer.*;
      import org.slf4j.Logger;

      class Given {
        record Invoice(String number) {}
        record Posting(String account) {}
        record Order(List<String> lines) {}
        record Answer(int status, Integer value, String reason, Duration retryAfter) {}
        interface Api { Answer get(String name); }
        interface Ledger {
          void insert(Connection connection, Invoice invoice);
          void insertBatch(Connection connection, List<Invoice> invoices);
        }
        interface Orders { void insert(Connection connection, Order order); }
        interface Response { Response status(int status); Response body(Object body); }

        static final JobType<String, Integer> LENGTH = JobType.of("length", String.class, Integer.class);
        static final JobType<Invoice, String> ANNOTATE = JobType.of("annotate", Invoice.class, String.class);
        static final JobType<String, Void> SHIP = JobType.of("ship", String.class);

        BatchEngine engine;
        BatchEngine.Builder builder;
        Batches batches;
        BatchStore store;
        BatchId id, yesterday, today;
        BatchRequest<Invoice> request;
        BatchEvent event;
        FeedReader reader;
        Logger log;
        MeterRegistry registry;
        Api api;
        Ledger ledger;
        Orders orders;
        Order order;
        Response response;
        Connection connection;
        DataSource dataSource;
        InputStream file;
        OutputStream out;
        Path path;
        URI url;
        String secret;
        Instant monday;
        List<Invoice> invoices;
        List<String> texts;
        long position;

        void show(FeedEvent event) {}
        void send(FeedEvent event) {}
        void notify(BatchJob job) {}
      }

      """;

  @TempDir Path folder;

  @Test
  void compile() throws IOException {
    StringBuilder program = new StringBuilder(Samples.IMPORTS).append(GIVEN);
    List<String> samples = samples();
    for (String sample : samples) {
      program.append(classOf(sample, program.length()));
    }
    assertThat(samples).hasSizeGreaterThan(30);
    Samples.compile(folder, "Given", program.toString());
  }

  private static List<String> samples() throws IOException {
    List<String> found = new ArrayList<>();
    for (String module : List.of("../batch-core/src/main/java", "src/main/java")) {
      try (Stream<Path> files = Files.walk(Path.of(module))) {
        for (Path file :
            files.filter(each -> each.toString().endsWith(".java")).sorted().toList()) {
          Matcher matcher = IN_JAVADOC.matcher(Files.readString(file));
          while (matcher.find()) {
            found.add(matcher.group(1).replaceAll("(?m)^ *\\* ?", ""));
          }
        }
      }
    }
    Matcher matcher = IN_DOCS.matcher(Files.readString(Path.of("../docs/export.md")));
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  /** A class whose members the sample is, or that has a method with its statements. */
  private static String classOf(String sample, int number) {
    String head = "class Sample" + number + " extends Given {\n";
    if (Pattern.compile("^(public )?(final )?class ").matcher(sample).find()) {
      return head + sample + "\n}\n";
    }
    Matcher fields = FIELDS.matcher(sample);
    boolean hasFields = fields.matches();
    String statements = hasFields ? fields.group(2) : sample;
    return head
        + (hasFields ? fields.group(1) : "")
        + "void run() throws Exception {\n"
        + (statements.isBlank() || statements.strip().matches("(?s).*[;}]( *//[^\n]*)?")
            ? statements
            : values(statements))
        + "\n}\n}\n";
  }

  /** Each line is a value. */
  private static String values(String lines) {
    StringBuilder statements = new StringBuilder();
    for (String line : lines.lines().toList()) {
      String value = line.replaceAll(" +//.*", "");
      statements.append("var value").append(statements.length()).append(" = ").append(value);
      statements.append(";\n");
    }
    return statements.toString();
  }
}
