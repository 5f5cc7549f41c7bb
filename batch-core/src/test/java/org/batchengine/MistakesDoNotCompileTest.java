package org.batchengine;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the compiler is to refuse, each beside its correct form, so that nothing else is wrong. */
class MistakesDoNotCompileTest {
  private static final Map<String, String> RIGHT =
      new TreeMap<>(
          Map.of(
              "RightAction", "builder.registerAction(MAIL, text -> send(text));",
              "RightFunction", "builder.register(LENGTH, text -> text.length());",
              "RightProcessor", "builder.register(LENGTH, (text, context) -> text.length());",
              "RightBulk",
                  "builder.registerBulk(LENGTH, chunk -> chunk.forEach(i -> i.succeed(1)));",
              "RightItems", "batches.submit(LENGTH, List.of(\"one\"));",
              "RightStream", "batches.submit(LENGTH, Stream.of(\"one\"));",
              "RightMap", "BatchRequest.of(LENGTH, List.of(\"a\")).metadata(Map.of(\"a\", 1));",
              "RightCount", "BatchRequest.of(LENGTH, List.of(\"a\")).tolerateFailures(1);",
              "RightTransaction",
                  "builder.registerTransactional(LENGTH, Appendable.class,"
                      + " (text, written, context) -> { written.append(text); return 1; });",
              "RightView", "batches.forTenant(\"acme\").submit(LENGTH, List.of(\"one\"));"));
  private static final Map<String, String> WRONG =
      new TreeMap<>(
          Map.ofEntries(
              entry("ActionForATypeWithOutputs", "builder.registerAction(LENGTH, t -> send(t));"),
              entry("VoidLambdaAsFunction", "builder.register(MAIL, text -> send(text));"),
              entry(
                  "VoidLambdaAsProcessor",
                  "builder.register(LENGTH, (text, context) -> send(text));"),
              entry("OutputOfAnotherType", "builder.register(LENGTH, text -> text);"),
              entry(
                  "BulkOutputOfAnotherType",
                  "builder.registerBulk(LENGTH, chunk -> chunk.forEach(i -> i.succeed(\"1\")));"),
              entry(
                  "TransactionalOutputOfAnotherType",
                  "builder.registerTransactional(LENGTH, Appendable.class, (t, w, c) -> t);"),
              entry(
                  "TransactionOfAnotherKind",
                  "builder.registerTransactional(LENGTH, Runnable.class,"
                      + " (text, written, context) -> { written.append(text); return 1; });"),
              entry("ItemsOfAnotherType", "batches.submit(LENGTH, List.of(1));"),
              entry("StreamOfAnotherType", "batches.submit(LENGTH, Stream.of(1));"),
              entry("RequestOfAnotherType", "BatchRequest.of(LENGTH, List.of(1));"),
              entry(
                  "RateAsCount", "BatchRequest.of(LENGTH, List.of(\"a\")).tolerateFailures(0.05);"),
              entry("ClosingThroughAView", "batches.forTenant(\"acme\").close();")));

  @TempDir Path classes;

  @Test
  void onlyTheMistakesAreRefused() {
    var sources =
        Stream.of(RIGHT, WRONG).flatMap(all -> all.entrySet().stream()).map(Source::new).toList();

    assertThat(refused(sources)).isEqualTo(WRONG.keySet());
  }

  private Set<String> refused(List<Source> sources) {
    var found = new DiagnosticCollector<JavaFileObject>();
    // One run for all: an error in one class does not keep the compiler from checking the others.
    var options =
        List.of("-proc:none", "-implicit:none", "-d", classes.toString(), "-cp", classPath());
    ToolProvider.getSystemJavaCompiler().getTask(null, null, found, options, null, sources).call();
    return found.getDiagnostics().stream()
        .filter(diagnostic -> diagnostic.getKind() == Diagnostic.Kind.ERROR)
        .map(diagnostic -> ((Source) diagnostic.getSource()).name)
        .collect(Collectors.toSet());
  }

  private static String classPath() {
    return Stream.of(BatchEngine.class, Nullable.class)
        .map(MistakesDoNotCompileTest::location)
        .map(Path::toString)
        .distinct()
        .collect(Collectors.joining(java.io.File.pathSeparator));
  }

  private static Path location(Class<?> type) {
    return Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString()));
  }

  private static final class Source extends SimpleJavaFileObject {
    private static final String TEMPLATE =
        """
        import java.util.*;
        import java.util.stream.*;
        import org.batchengine.*;

        class %s {
          static final JobType<String, Integer> LENGTH =
              JobType.of("length", String.class, Integer.class);
          static final JobType<String, Void> MAIL = JobType.of("mail", String.class);

          static void send(String text) throws Exception {}

          void host(BatchEngine.Builder builder, Batches batches) {
            %s
          }
        }
        """;

    private final String name;
    private final String text;

    Source(Map.Entry<String, String> nameAndStatement) {
      super(URI.create("string:///" + nameAndStatement.getKey() + ".java"), Kind.SOURCE);
      name = nameAndStatement.getKey();
      text = TEMPLATE.formatted(name, nameAndStatement.getValue());
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
