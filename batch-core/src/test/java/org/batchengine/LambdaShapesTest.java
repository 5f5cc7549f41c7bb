package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.batchengine.Contexts.callPerItem;
import static org.batchengine.Contexts.callPerTransaction;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What hosts write where a processor is asked for. That it compiles is half of each fact. */
class LambdaShapesTest {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);
  private static final JobType<String, Void> MAIL = JobType.of("mail", String.class);

  @Test
  void aLambdaOfOneParameterIsAFunction() throws Exception {
    assertThat(callPerItem(Registration.of(LENGTH, text -> text.length()), "three")).isEqualTo(5);
  }

  @Test
  void aLambdaOfTwoParametersSeesTheContext() {
    var registration =
        Registration.of(
            LENGTH, (text, context) -> text.isEmpty() ? context.attempt() : text.length());

    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> callPerItem(registration, ""))
        .withMessage("attempt");
  }

  @Test
  void aBlockMayThrowCheckedExceptions() {
    var registration =
        Registration.of(
            LENGTH,
            text -> {
              if (text.isEmpty()) {
                throw new IOException("empty");
              }
              return text.length();
            });

    assertThatExceptionOfType(IOException.class).isThrownBy(() -> callPerItem(registration, ""));
  }

  @Test
  void aReferenceToAnOverloadedMethodTakesTheFormWithoutContext() throws Exception {
    assertThat(callPerItem(Registration.of(LENGTH, new Overloaded()::annotate), "three"))
        .isEqualTo(1);
  }

  @Test
  void aReferenceToAMethodOfTwoParametersSeesTheContext() throws Exception {
    assertThat(callPerItem(Registration.of(LENGTH, new Overloaded()::withContext), "three"))
        .isEqualTo(2);
  }

  @Test
  void aReferenceToAMethodOfTheInputIsAFunction() throws Exception {
    assertThat(callPerItem(Registration.of(LENGTH, String::length), "three")).isEqualTo(5);
  }

  @Test
  void aVerdictStandsWhereAnOutputIsWanted() {
    var byExpression =
        Registration.of(
            LENGTH, (text, context) -> text.isEmpty() ? context.skip("empty") : text.length());
    var byStatement =
        Registration.of(
            LENGTH,
            (text, context) -> {
              if (text.isEmpty()) {
                return context.retryAfter(Duration.ofSeconds(1));
              }
              context.giveUp("TOO_LONG", "it is too long");
              return 0;
            });

    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> callPerItem(byExpression, ""))
        .withMessage("skip");
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> callPerItem(byStatement, ""))
        .withMessage("retryAfter");
  }

  @Test
  void nullIsAnOutput() throws Exception {
    assertThat(callPerItem(Registration.of(LENGTH, text -> null), "three")).isNull();
    assertThat(callPerItem(Registration.of(MAIL, (text, context) -> null), "three")).isNull();
  }

  @Test
  void aProcessorOfMoreGeneralTypesFits() throws Exception {
    ItemFunction<Object, Integer> hash = Object::hashCode;
    ItemProcessor<CharSequence, Integer> length = (text, context) -> text.length();
    var seen = new ArrayList<Object>();
    ItemAction<Object> see = seen::add;

    assertThat(callPerItem(Registration.of(LENGTH, hash), "a")).isEqualTo("a".hashCode());
    assertThat(callPerItem(Registration.of(LENGTH, length), "three")).isEqualTo(5);
    assertThat(callPerItem(Registration.action(MAIL, see), "three")).isNull();
    assertThat(seen).containsExactly("three");
  }

  @Test
  void aLambdaOfThreeParametersSeesTheTransaction() throws Exception {
    var registration =
        Registration.transactional(
            LENGTH,
            Appendable.class,
            (text, written, context) -> {
              if (text.isEmpty()) {
                return context.skip("empty");
              }
              written.append(text); // throws IOException
              return text.length();
            });
    var written = new StringBuilder();

    assertThat(callPerTransaction(registration, "three", (Appendable) written)).isEqualTo(5);
    assertThat(written).hasToString("three");
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> callPerTransaction(registration, "", (Appendable) written))
        .withMessage("skip");
  }

  @Test
  void aTransactionalProcessorOfMoreGeneralTypesFits() throws Exception {
    TransactionalProcessor<CharSequence, Integer, Appendable> write =
        (text, written, context) -> {
          written.append(text);
          return text.length();
        };
    var written = new StringBuilder();

    var registration = Registration.transactional(LENGTH, StringBuilder.class, write);

    assertThat(callPerTransaction(registration, "three", written)).isEqualTo(5);
    assertThat(written).hasToString("three");
  }

  @Test
  void aTransactionalReferenceMayReturnNull() throws Exception {
    Appendable written = new StringBuilder();

    var registration = Registration.transactional(MAIL, Appendable.class, new Overloaded()::write);

    assertThat(callPerTransaction(registration, "three", written)).isNull();
    assertThat(written).hasToString("three");
  }

  @Test
  void theBuilderTakesEveryShape() {
    var ai = new Overloaded();
    var options = JobOptions.defaults().concurrency(2);

    // Not built: that all of it compiles, and that no name is taken twice, is what is shown.
    var builder =
        BatchEngine.builder(UnusableStores.unopened())
            .register(named("function"), text -> text.length())
            .register(named("function-options"), text -> text.length(), options)
            .register(named("processor"), (text, context) -> text.length() + context.attempt())
            .register(named("processor-options"), (text, context) -> text.length(), options)
            .register(named("reference"), ai::annotate)
            .register(named("reference-options"), ai::annotate, options)
            .registerAction(JobType.of("action", String.class), text -> ai.send(text))
            .registerAction(JobType.of("action-options", String.class), ai::send, options)
            .registerBulk(named("bulk"), chunk -> chunk.forEach(item -> item.skip("none")))
            .registerBulk(named("bulk-options"), ai::bulk, options)
            .registerTransactional(
                named("transactional"), StringBuilder.class, (text, written, context) -> 1)
            .registerTransactional(
                JobType.of("transactional-options", String.class).sequential(),
                StringBuilder.class,
                ai::write,
                options)
            .register(Registration.of(named("value"), ai::annotate).with(options))
            .registerAll(
                List.of(
                    Registration.of(named("one"), String::length),
                    Registration.action(MAIL, ai::send)));

    assertThat(builder.config().registrations()).hasSize(15);
  }

  @Test
  void itemsOfASubtypeAreTaken() {
    var numbers = JobType.of("numbers", Number.class, String.class);

    assertThat(BatchRequest.of(numbers, List.of(1, 2)).knownSize()).hasValue(2);
    assertThat(BatchRequest.of(numbers, List.of(1L).stream()).knownSize()).isEmpty();
  }

  private static JobType<String, Integer> named(String name) {
    return JobType.of(name, String.class, Integer.class);
  }

  private static final class Overloaded {

    int annotate(String text) {
      return 1;
    }

    // Never called, and that is the point: it makes the reference an overloaded one.
    @SuppressWarnings("unused")
    int annotate(String text, ItemContext context) {
      return 2;
    }

    int withContext(String text, ItemContext context) {
      return 2;
    }

    void send(String text) throws IOException {}

    Void write(String text, Appendable written, ItemContext context) throws IOException {
      written.append(text);
      return null;
    }

    void bulk(Chunk<String, Integer> chunk) throws IOException {
      chunk.items().forEach(item -> item.succeed(item.input().length()));
    }
  }
}
