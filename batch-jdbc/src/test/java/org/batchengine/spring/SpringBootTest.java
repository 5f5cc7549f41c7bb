package org.batchengine.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.batchengine.spring.SpringApplications.LENGTH;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.batchengine.BatchEngine;
import org.batchengine.BatchListener;
import org.batchengine.BatchProcessor;
import org.batchengine.Batches;
import org.batchengine.Chunk;
import org.batchengine.FoundItemProcessor;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.jdbc.JdbcBatchStore;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.spring.SpringApplications.Lengths;
import org.batchengine.store.BatchStore;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.json.JsonMapper;

/** What an application with Spring Boot gets by itself. */
@Timeout(60)
class SpringBootTest {
  private static final JobType<String, String> ECHO =
      JobType.of("echo", String.class, String.class);

  private final ApplicationContextRunner application = SpringApplications.onH2();

  @Test
  void needsOnlyADataSource() {
    application
        .withUserConfiguration(Lengths.class)
        .run(
            context -> {
              assertThat(context).hasSingleBean(BatchEngine.class).hasSingleBean(Batches.class);
              Batches batches = context.getBean(Batches.class);
              var id = batches.submit(LENGTH, List.of("one", "three"));

              assertThat(batches.await(id).isSuccess()).isTrue();
              assertThat(
                      context
                          .getBean(JdbcTemplate.class)
                          .queryForObject("select count(*) from batch_job", Integer.class))
                  .isOne();
            });
  }

  @Test
  void isLeftOutIfItIsDisabled() {
    application
        .withPropertyValues("batchengine.enabled=false")
        .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(BatchEngine.class));
  }

  @Test
  void isLeftOutIfThereIsNothingToKeepItsBatchesIn() {
    new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(SpringApplications.ours().toArray(Class<?>[]::new)))
        .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(BatchEngine.class));
  }

  @Test
  void givesWayToTheApplicationsOwn() {
    BatchEngine own = BatchEngine.builder(new InMemoryBatchStore()).build();
    application
        .withBean(BatchEngine.class, () -> own)
        .run(
            context -> {
              assertThat(context.getBean(BatchEngine.class)).isSameAs(own);
              assertThat(context).doesNotHaveBean(HostedEngine.class);
            });
  }

  @Test
  void takesTheApplicationsOwnStore() {
    application
        .withBean(BatchStore.class, InMemoryBatchStore::new)
        .withUserConfiguration(Lengths.class)
        .run(
            context -> {
              assertThat(context).doesNotHaveBean(JdbcBatchStore.class);
              Batches batches = context.getBean(Batches.class);
              assertThat(batches.await(batches.submit(LENGTH, List.of("one"))).isSuccess())
                  .isTrue();
            });
  }

  @Test
  void isMadeOfTheBeansOfTheApplication() {
    Queue<BatchEvent> heard = new ConcurrentLinkedQueue<>();
    application
        .withUserConfiguration(Lengths.class)
        .withBean(Doubles.class)
        .withBean(Reversed.class)
        .withBean(
            BatchListener.class,
            () ->
                event -> {
                  if (event instanceof BatchEvent.Completed) {
                    heard.add(event);
                  }
                })
        .withBean(
            BatchEngineCustomizer.class,
            () -> builder -> builder.node("customized").register(ECHO, text -> text))
        .run(
            context -> {
              BatchEngine engine = context.getBean(BatchEngine.class);
              assertThat(engine.registeredTypes())
                  .extracting(JobType::name)
                  .containsExactlyInAnyOrder("length", "doubled", "reversed", "echo");
              assertThat(engine.nodes()).allMatch(each -> each.node().equals("customized"));
              var id = engine.submit(Doubles.TYPE, List.of(1, 2));
              assertThat(engine.await(id).isSuccess()).isTrue();
              assertThat(engine.results(Doubles.TYPE, id))
                  .extracting(item -> item.output().orElseThrow())
                  .containsExactly(2, 4);
              context.close();
              assertThat(heard).hasSize(1);
            });
  }

  @Test
  void isInjectedBesideViewsThatTheApplicationMakesOfIt() {
    application
        .withUserConfiguration(Tenants.class)
        .run(
            context ->
                assertThat(context.getBean(Batches.class))
                    .isSameAs(context.getBean(BatchEngine.class)));
  }

  @Configuration(proxyBeanMethods = false)
  static class Tenants {
    @Bean
    Batches acme(BatchEngine engine) {
      return engine.forTenant("acme");
    }
  }

  @Test
  void needsNoJacksonNoActuatorAndNoWeb() {
    application
        .withClassLoader(
            new FilteredClassLoader(
                "com.fasterxml.jackson",
                "tools.jackson",
                "io.micrometer",
                "org.springframework.boot.actuate",
                "org.springframework.boot.health",
                "org.springframework.web"))
        .run(
            context -> {
              assertThat(context).hasSingleBean(BatchEngine.class);
              assertThat(context).doesNotHaveBean("batchEngineHealthIndicator");
            });
  }

  @Test
  void refusesAProcessorWithoutAType() {
    application
        .withPropertyValues("batchengine.auto-start=false")
        .withBean("nameless", BatchProcessor.class, () -> chunk -> {})
        .run(
            context ->
                assertThat(context)
                    .hasFailed()
                    .getFailure()
                    .hasStackTraceContaining("declare a bean Registration.bulk(type, processor)"));
  }

  @Test
  void registersAProcessorOnceThatABeanRegisters() {
    application
        .withUserConfiguration(Registered.class)
        .run(
            context -> {
              Batches batches = context.getBean(Batches.class);
              for (var type : List.of(Registered.TYPE, Doubles.TYPE)) {
                assertThat(batches.await(batches.submit(type, List.of(1))).isSuccess()).isTrue();
              }
              var reversed = batches.submit(Reversed.TYPE, List.of("ab"));
              assertThat(batches.await(reversed).isSuccess()).isTrue();
            });
  }

  /**
   * Processors that are beans, with a type of their own or without one, and how each is registered.
   */
  @Configuration(proxyBeanMethods = false)
  static class Registered {
    static final JobType<Integer, Integer> TYPE =
        JobType.of("registered", Integer.class, Integer.class);
    private static final JobOptions OPTIONS = JobOptions.defaults().concurrency(1);

    @Bean
    BatchProcessor<Integer, Integer> nameless() {
      return chunk -> chunk.forEach(item -> item.succeed(item.input()));
    }

    @Bean
    Registration<Integer, Integer> ofNameless(
        @Qualifier("nameless") BatchProcessor<Integer, Integer> processor) {
      return Registration.bulk(TYPE, processor);
    }

    @Bean
    Doubles doubles() {
      return new Doubles();
    }

    @Bean
    Registration<Integer, Integer> ofDoubles(Doubles processor) {
      return Registration.bulk(Doubles.TYPE, processor).with(OPTIONS);
    }

    @Bean
    Reversed reversed() {
      return new Reversed();
    }

    @Bean
    Registration<String, String> ofReversed(Reversed processor) {
      return Registration.of(Reversed.TYPE, processor).with(OPTIONS);
    }
  }

  @Test
  void isNoCircleWithAProcessorThatSubmits() {
    application
        .withUserConfiguration(Lengths.class)
        .withBean(Following.class)
        .run(
            context -> {
              Batches batches = context.getBean(Batches.class);
              var id = batches.submit(Following.TYPE, List.of("one", "three"));
              assertThat(batches.await(id).isSuccess()).isTrue();
              var next =
                  batches
                      .results(Following.TYPE, id)
                      .map(item -> BatchId.of(item.output().orElseThrow()))
                      .toList();
              for (BatchId each : next) {
                assertThat(batches.await(each).isSuccess()).isTrue();
              }
            });
  }

  @Test
  void isFoundBySpringBoot() throws IOException {
    try (InputStream in =
        BatchEngineCustomizer.class.getResourceAsStream(
            "/META-INF/spring/org.springframework.boot.autoconfigure.AutoConfiguration.imports")) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8).lines())
          .containsExactlyElementsOf(
              SpringApplications.ours().stream().map(Class::getName).toList());
    }
  }

  static final class Doubles implements BatchProcessor<Integer, Integer> {
    static final JobType<Integer, Integer> TYPE =
        JobType.of("doubled", Integer.class, Integer.class);

    @Override
    public JobType<Integer, Integer> type() {
      return TYPE;
    }

    @Override
    public void process(Chunk<Integer, Integer> chunk) {
      chunk.forEach(item -> item.succeed(2 * item.input()));
    }
  }

  static final class Reversed implements FoundItemProcessor<String, String> {
    static final JobType<String, String> TYPE = JobType.of("reversed", String.class, String.class);

    @Override
    public JobType<String, String> type() {
      return TYPE;
    }

    @Override
    public String process(String text, ItemContext context) {
      return new StringBuilder(text).reverse().toString();
    }
  }

  /** Submits a batch of another type for each item. */
  static final class Following implements FoundItemProcessor<String, String> {
    static final JobType<String, String> TYPE = JobType.of("following", String.class, String.class);

    private final Batches batches;

    Following(Batches batches) {
      this.batches = batches;
    }

    @Override
    public JobType<String, String> type() {
      return TYPE;
    }

    @Override
    public String process(String text, ItemContext context) {
      return batches.submit(LENGTH, List.of(text)).toString();
    }
  }

  @Nested
  class Payloads {
    record Invoice(String invoiceNumber) {}

    private static final JobType<Invoice, Void> BOOK =
        JobType.of("book", Invoice.class, Void.class);

    private static final List<Invoice> INVOICES = List.of(new Invoice("7"));
    private static final ObjectMapper JACKSON_2 =
        new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
    private static final JsonMapper JACKSON_3 =
        JsonMapper.builder()
            .propertyNamingStrategy(tools.jackson.databind.PropertyNamingStrategies.KEBAB_CASE)
            .build();

    /** With Jackson 2 in Spring Boot 3, and with Jackson 3 in Spring Boot 4. */
    @Test
    void areWrittenByTheMapperThatSpringBootConfigures() {
      var configured =
          SpringApplications.ofEither(
              "autoconfigure.jackson.Jackson", "jackson.autoconfigure.Jackson");
      writes(
          application
              .withConfiguration(AutoConfigurations.of(configured))
              .withPropertyValues("spring.jackson.property-naming-strategy=UPPER_SNAKE_CASE"),
          "{\"INVOICE_NUMBER\":\"7\"}");
    }

    @Test
    void areWrittenByAMapperOfEitherGeneration() {
      writes(
          application.withBean(ObjectMapper.class, () -> JACKSON_2), "{\"invoice_number\":\"7\"}");
      writes(application.withBean(JsonMapper.class, () -> JACKSON_3), "{\"invoice-number\":\"7\"}");
    }

    @Test
    void areWrittenByJackson2IfBothAreThere() {
      writes(
          application
              .withBean(JsonMapper.class, () -> JACKSON_3)
              .withBean(ObjectMapper.class, () -> JACKSON_2),
          "{\"invoice_number\":\"7\"}");
    }

    private static void writes(ApplicationContextRunner application, String json) {
      application.run(
          context -> {
            Batches batches = context.getBean(Batches.class);
            var id = batches.submit(BOOK, INVOICES);
            assertThat(batches.item(id, 0).orElseThrow().input()).isEqualTo(json);
          });
    }

    @Test
    void areWrittenByCodecsOfTheApplicationInstead() {
      application
          .withBean(ObjectMapper.class, ObjectMapper::new)
          .withBean("own", PayloadCodecs.class, PayloadCodecs::basic)
          .run(
              context ->
                  assertThatThrownBy(() -> context.getBean(Batches.class).submit(BOOK, INVOICES))
                      .hasMessageContaining("Invoice"));
    }
  }
}
