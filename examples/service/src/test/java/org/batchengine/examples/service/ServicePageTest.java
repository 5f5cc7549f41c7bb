package org.batchengine.examples.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.web.Right.READ;
import static org.batchengine.web.Right.STEER;
import static org.batchengine.web.Right.SUBMIT;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.batchengine.BatchEngine;
import org.batchengine.JobType;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchItem;
import org.batchengine.web.BatchServlet;
import org.batchengine.web.Field;
import org.batchengine.web.Operation;
import org.batchengine.web.Right;
import org.batchengine.web.Visitor;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What docs/service.md says of the options and rights, and its sample. */
class ServicePageTest {
  private static final JobType<String, String> ANNOTATE =
      JobType.of("annotate", String.class, String.class);
  private static final String HERE =
      "src/test/java/" + ServicePageTest.class.getName().replace('.', '/') + ".java";

  // As in docs/service.md: a test below compares them.
  static BatchServlet batches(BatchEngine engine) {
    return BatchServlet.of(engine)
        .operation(
            Operation.of(ANNOTATE)
                .label("Annotate invoices")
                .field(Field.choice("month", "2026-10", "2026-11").required())
                .items((filters, visitor) -> invoices(filters.text("month")))
                .key(invoice -> invoice))
        .visitors(
            request ->
                Optional.ofNullable(request.getUserPrincipal())
                    .map(
                        user ->
                            Visitor.named(user.getName()).tenant("acme").may(READ, STEER, SUBMIT)))
        .payloads(
            (visitor, item) ->
                BatchItem.builder(item.batchId(), item.index())
                    .input(item.input())
                    .output("***")
                    .build());
  }

  private static Stream<String> invoices(String month) {
    return Stream.of(month + "-1");
  }

  private static String page() throws IOException {
    return Files.readString(Path.of("../../docs/service.md"));
  }

  private static String words(String code) {
    return code.replaceAll("\\s+", "");
  }

  @Test
  @DisplayName("the sample of docs/service.md compiles, and is accepted")
  void sample() throws Exception {
    String sample = page().split("<!-- sample: mounted -->\n```java\n", 2)[1].split("```", 2)[0];

    assertThat(words(Files.readString(Path.of(HERE)))).contains(words(sample));
    try (BatchEngine engine = BatchEngine.builder(new InMemoryBatchStore()).build()) {
      assertThat(batches(engine)).isNotNull();
    }
  }

  @Test
  @DisplayName("docs/service.md has all options, variables and rights, and so has --help")
  void options() throws Exception {
    CommandLine command = new CommandLine(new Service());
    String help = command.getUsageMessage();
    String page = page();

    for (OptionSpec option : command.getCommandSpec().options()) {
      if (!option.longestName().equals("--version")) {
        assertThat(page).contains("| `" + option.longestName());
      }
    }
    List<String> variables =
        Pattern.compile("\\| `(BATCH_\\w+)` \\|")
            .matcher(page)
            .results()
            .map(r -> r.group(1))
            .toList();
    assertThat(variables).hasSize(5);
    assertThat(help).contains(variables);
    for (Right right : Right.values()) {
      assertThat(page).contains("| `" + right + "` |");
    }
  }
}
