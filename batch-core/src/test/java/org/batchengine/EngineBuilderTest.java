package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.PayloadException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EngineBuilderTest {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);

  private final BatchEngine.Builder builder = BatchEngine.builder(UnusableStores.unopened());

  @Test
  void hasTheDocumentedDefaults() {
    var config = builder.config();

    assertThat(config.registrations()).isEmpty();
    assertThat(config.listeners()).isEmpty();
    assertThat(config.sessionExpiry()).isEqualTo(Duration.ofSeconds(12));
    assertThat(config.pollInterval()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(config.retention()).isNull();
    assertThat(config.payloadRetention()).isNull();
    assertThat(config.maxPayload()).isEqualTo(1_048_576);
    assertThat(config.executor()).isNull();
    assertThat(config.platformThreads()).isFalse();
    assertThat(config.node()).endsWith(":" + ProcessHandle.current().pid());
  }

  @Test
  void keepsTheRetention() {
    assertThat(builder.retention(Duration.ofDays(90)).config().retention())
        .isEqualTo(Duration.ofDays(90));
  }

  @Test
  void keepsListenersInOrder() {
    BatchListener first = event -> {};
    BatchListener second = event -> {};

    assertThat(builder.listener(first).listener(second).config().listeners())
        .containsExactly(first, second);
  }

  @Test
  void refusesATypeTwiceByItsName() {
    builder.register(LENGTH, text -> text.length());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.registerAction(JobType.of("length", Long.class), number -> {}))
        .withMessage(
            "job type \"length\" is registered twice: with a lambda of %1$s and with a lambda of %1$s;"
                + " a type has one processor, so remove one of the two",
            EngineBuilderTest.class.getName());
  }

  record Counting(int from) implements ItemFunction<String, Integer> {
    @Override
    public Integer apply(String text) {
      return from + text.length();
    }
  }

  @Test
  void takesAnEqualRegistrationTwiceAndNoOther() {
    Registration<String, Integer> registration = Registration.of(LENGTH, new Counting(1));
    builder.registerAll(List.of(registration, Registration.of(LENGTH, new Counting(1))));

    assertThat(builder.config().registrations()).hasSize(1);
    String named = "job type \"length\" is registered twice: with " + Counting.class.getName();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.register(LENGTH, new Counting(2)))
        .withMessageStartingWith(named + " and with " + Counting.class.getName());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.register(registration.with(JobOptions.defaults().chunkSize(3))))
        .withMessageStartingWith(named + ", but with another type or other options; ");
    assertThat(registration.with(JobOptions.defaults().chunkSize(3)).options().chunkSize())
        .isEqualTo(3);
  }

  @Test
  @DisplayName("FAULT-R2 a type that JSON cannot express is refused on either side")
  void refusesATypeThatJsonCannotExpressOnEitherSide() {
    JobType<Appointment, String> in = JobType.of("in", Appointment.class, String.class);
    JobType<String, Appointment> out = JobType.of("out", String.class, Appointment.class);

    assertRefusesAppointment(engine -> engine.register(in, appointment -> ""));
    assertRefusesAppointment(engine -> engine.register(out, text -> new Appointment(null)));
    assertRefusesAppointment(
        engine -> engine.registerBulk(out, chunk -> {}, JobOptions.defaults()));
  }

  private static void assertRefusesAppointment(UnaryOperator<BatchEngine.Builder> registered) {
    BatchEngine.Builder engine =
        registered.apply(
            BatchEngine.builder(new InMemoryBatchStore(ManualClock.at(Instant.EPOCH))));

    assertThatExceptionOfType(PayloadException.class)
        .isThrownBy(engine::build)
        .withMessageContaining(
            Appointment.class.getName() + " cannot be read back from JSON at day")
        .withMessageContaining("java.lang.Readable")
        .withMessageContaining("name a class");
  }

  private record Appointment(Readable day) {}

  @Test
  void completesOptionsByItsDefaultsWheneverTheyAreGiven() {
    builder
        .register(LENGTH, text -> 0, JobOptions.defaults().chunkSize(7))
        .defaults(JobOptions.defaults().chunkSize(8).concurrency(9));

    var options = builder.config().registrations().get("length").options();

    assertThat(options.chunkSize()).isEqualTo(7);
    assertThat(options.concurrency()).isEqualTo(9);
  }

  @Nested
  class Ranges {

    static Stream<Arguments> durations() {
      return Stream.of(
          range("sessionExpiry", BatchEngine.Builder::sessionExpiry, "PT2S", "PT1H"),
          range("pollInterval", BatchEngine.Builder::pollInterval, "PT0.01S", "PT1M"),
          range("drainTimeout", BatchEngine.Builder::drainTimeout, "PT0S", "PT1H"),
          range("retention", BatchEngine.Builder::retention, "PT1M", "PT87600H"),
          range("payloadRetention", BatchEngine.Builder::payloadRetention, "PT1M", "PT87600H"));
    }

    private static Arguments range(
        String name, BiConsumer<BatchEngine.Builder, Duration> setter, String least, String most) {
      return Arguments.argumentSet(name, name, setter, Duration.parse(least), Duration.parse(most));
    }

    @DisplayName("FAULT-B8 durations out of range are refused")
    @ParameterizedTest
    @MethodSource("durations")
    void holdForDurations(
        String name,
        BiConsumer<BatchEngine.Builder, Duration> setter,
        Duration least,
        Duration most) {
      setter.accept(builder, least);
      setter.accept(builder, most);

      for (var wrong : List.of(least.minusNanos(1), most.plusNanos(1))) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> setter.accept(builder, wrong))
            .withMessage("%s %s is out of range: %s to %s".formatted(name, wrong, least, most));
      }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 67_108_865})
    void holdForPayloads(int bytes) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder.maxPayload(bytes))
          .withMessage("maxPayload " + bytes + " is out of range: 1 to 67108864");
    }

    @ParameterizedTest
    @CsvSource({"'', blank", "' ', blank"})
    void holdForNames(String name, String problem) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> builder.node(name))
          .withMessageContaining(problem);
    }
  }

  @Test
  void refusesAnExecutorBesideThreadsOfItsOwn() {
    builder.platformThreads();

    assertThatIllegalStateException()
        .isThrownBy(() -> builder.executor(Runnable::run))
        .withMessageContaining("cannot be combined");
  }

  @Nested
  class Building {
    private final AtomicInteger closed = new AtomicInteger();
    private final BatchEngine.Builder failing =
        BatchEngine.builder(UnusableStores.failing("sessions", closed));

    @Test
    void closesTheStoreWhenItFails() {
      assertThatIllegalStateException().isThrownBy(failing::build).withMessage("sessions failed");
      assertThat(closed).hasPositiveValue();
    }

    @Test
    void closesTheStoreWhenItFailsForTests() {
      assertThatIllegalStateException().isThrownBy(failing::manual).withMessage("sessions failed");
      assertThat(closed).hasPositiveValue();
    }

    @Test
    void closesTheStoreWhenItFailsBeforeTheStart() {
      assertThatIllegalStateException().isThrownBy(failing::start).withMessage("sessions failed");
      assertThat(closed).hasPositiveValue();
    }

    @Test
    @DisplayName("FAULT-L6 a store that refuses to connect may be another engine's: it stays open")
    void leavesAStoreAloneThatRefusesToConnect() {
      for (Function<BatchEngine.Builder, BatchEngine> build :
          List.<Function<BatchEngine.Builder, BatchEngine>>of(
              BatchEngine.Builder::build,
              BatchEngine.Builder::start,
              BatchEngine.Builder::manual)) {
        BatchEngine.Builder refused =
            BatchEngine.builder(UnusableStores.failing("connect", closed));
        assertThatIllegalStateException()
            .isThrownBy(() -> build.apply(refused))
            .withMessage("connect failed");
      }
      assertThat(closed).hasValue(0);
    }

    @Test
    void isDoneOnce() {
      assertThatIllegalStateException().isThrownBy(failing::build);

      assertThatIllegalStateException()
          .isThrownBy(failing::build)
          .withMessageStartingWith("this builder has already built its engine");
    }
  }

  @Nested
  class Found {
    @TempDir Path services;

    @Test
    void areRegisteredForTheirTypeWithTheirOptions() throws Exception {
      declare(BatchProcessor.class, Lengths.class);
      declare(FoundItemProcessor.class, Shouts.class);

      withContextClassLoader(builder::registerFound);

      var found = builder.config().registrations().get("length");
      assertThat(found.type()).isEqualTo(LENGTH);
      assertThat(found.options().chunkSize()).isEqualTo(11);
      assertThat(found.processor()).isInstanceOf(Processor.PerChunk.class);
      var ofItems = builder.config().registrations().get("shout");
      assertThat(ofItems.type()).isEqualTo(Shouts.SHOUT);
      assertThat(ofItems.options().concurrency()).isEqualTo(3);
      assertThat(ofItems.processor()).isInstanceOf(Processor.PerItem.class);
    }

    @Test
    void mustGiveTheirType() throws Exception {
      declare(BatchProcessor.class, Untyped.class);

      assertThatExceptionOfType(UnsupportedOperationException.class)
          .isThrownBy(() -> withContextClassLoader(builder::registerFound))
          .withMessageContaining(Untyped.class.getName());
    }

    private void declare(Class<?> service, Class<?> provider) throws IOException {
      var file = services.resolve("META-INF/services").resolve(service.getName());
      Files.createDirectories(file.getParent());
      Files.writeString(file, provider.getName());
    }

    private void withContextClassLoader(Runnable step) throws IOException {
      var thread = Thread.currentThread();
      var before = thread.getContextClassLoader();
      try (var loader = new URLClassLoader(new URL[] {services.toUri().toURL()}, before)) {
        thread.setContextClassLoader(loader);
        step.run();
      } finally {
        thread.setContextClassLoader(before);
      }
    }
  }

  public static final class Lengths implements BatchProcessor<String, Integer> {
    @Override
    public void process(Chunk<String, Integer> chunk) {
      chunk.forEach(item -> item.succeed(item.input().length()));
    }

    @Override
    public JobType<String, Integer> type() {
      return LENGTH;
    }

    @Override
    public JobOptions options() {
      return JobOptions.defaults().chunkSize(11);
    }
  }

  public static final class Shouts implements FoundItemProcessor<String, String> {
    static final JobType<String, String> SHOUT = JobType.of("shout", String.class, String.class);

    @Override
    public String process(String text, ItemContext context) {
      return text + "!";
    }

    @Override
    public JobType<String, String> type() {
      return SHOUT;
    }

    @Override
    public JobOptions options() {
      return JobOptions.defaults().concurrency(3);
    }
  }

  public static final class Untyped implements BatchProcessor<String, Integer> {
    @Override
    public void process(Chunk<String, Integer> chunk) {}
  }
}
