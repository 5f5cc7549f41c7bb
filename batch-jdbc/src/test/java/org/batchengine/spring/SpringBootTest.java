package org.batchengine.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
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
import org.batchengine.micrometer.BatchEngineMetrics;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.RowsLockedException;
import org.batchengine.model.StoreException;
import org.batchengine.store.BatchStore;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextAware;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.method.annotation.ExceptionHandlerMethodResolver;

/** What an application with Spring Boot gets by itself. */
@Timeout(60)
class SpringBootTest {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);

  private final ApplicationContextRunner application = SpringApplications.onH2();

  @Configuration(proxyBeanMethods = false)
  static class Lengths {
    @Bean
    Registration<String, Integer> lengths() {
      return Registration.of(LENGTH, text -> text.length());
    }
  }

  @Nested
  class TheEngine {

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
    void refusesAProcessorWithoutAType() {
      application
          .withBean("nameless", BatchProcessor.class, () -> chunk -> {})
          .run(
              context ->
                  assertThat(context)
                      .hasFailed()
                      .getFailure()
                      .hasStackTraceContaining(UnsupportedOperationException.class.getName()));
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
  }

  private static final JobType<String, String> ECHO =
      JobType.of("echo", String.class, String.class);

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
    @Override
    public JobType<String, String> type() {
      return JobType.of("reversed", String.class, String.class);
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
  class Properties {

    @Test
    void reachTheEngine() {
      application
          .withUserConfiguration(Lengths.class)
          .withPropertyValues(
              "batchengine.node=web-1",
              "batchengine.session-expiry=30s",
              "batchengine.drain-timeout=1s",
              "batchengine.retention=30d",
              "batchengine.payload-retention=7d",
              "batchengine.event-retention=60d",
              "batchengine.max-payload=1KB",
              "batchengine.store.schema=batches",
              "batchengine.store.table-prefix=job_",
              "batchengine.defaults.concurrency=2")
          .run(
              context -> {
                BatchEngine engine = context.getBean(BatchEngine.class);
                assertThat(engine.await(engine.submit(LENGTH, List.of("one"))).isSuccess())
                    .isTrue();
                assertThat(engine.nodes()).extracting(each -> each.node()).containsOnly("web-1");
                assertThat(
                        context
                            .getBean(JdbcTemplate.class)
                            .queryForObject("select count(*) from batches.job_job", Integer.class))
                    .isOne();
                assertThatThrownBy(() -> engine.submit(LENGTH, List.of("x".repeat(2_000))))
                    .hasMessageContaining("1024");
              });
    }

    @Test
    void ofATypeAreLaidOverItsRegistration() {
      application
          .withBean(
              Registration.class,
              () ->
                  Registration.of(
                          ECHO,
                          (text, context) -> context.fail("BROKEN", "attempt " + context.attempt()))
                      .with(
                          JobOptions.defaults()
                              .retry(RetryPolicy.fixed(Duration.ofMillis(1)).maxRetries(5))))
          .withPropertyValues(
              "batchengine.types.echo.retries=1", "batchengine.types[echo].concurrency=1")
          .run(
              context -> {
                Batches batches = context.getBean(Batches.class);
                var id = batches.submit(ECHO, List.of("a"));
                batches.await(id);
                assertThat(batches.errors(id, 0)).hasSize(2);
              });
    }

    @Test
    void ofATypeKeepWhatTheyLeaveOpen() {
      JobOptions registered = JobOptions.defaults().concurrency(3).chunkSize(7);
      var options = new BatchEngineProperties.TypeOptions(9, null, Duration.ofSeconds(5), 2);

      assertThat(options.over("p", registered).toString())
          .contains("concurrency=9", "chunkSize=7", "timeout=PT5S", "retries=2");
    }

    @Test
    void ofAnUnknownTypeAreRefusedAndTheKnownOnesNamed() {
      application
          .withUserConfiguration(Lengths.class)
          .withPropertyValues("batchengine.types.lenght.retries=1")
          .run(
              context ->
                  assertThat(context)
                      .hasFailed()
                      .getFailure()
                      .hasStackTraceContaining(
                          "options are set for the job type \"lenght\", which is not registered;"
                              + " registered are [length]"));
    }

    @Test
    void outOfRangeAreNamedAsTheyAreWritten() {
      application
          .withUserConfiguration(Lengths.class)
          .withPropertyValues("batchengine.types.length.concurrency=0")
          .run(
              context ->
                  assertThat(context)
                      .hasFailed()
                      .getFailure()
                      .hasStackTraceContaining(
                          "batchengine.types.length: concurrency 0 is out of range"));
    }

    @Test
    void mayForbidToCreateTables() {
      application
          .withPropertyValues("batchengine.store.create=false")
          .run(
              context ->
                  assertThat(context)
                      .hasFailed()
                      .getFailure()
                      .hasStackTraceContaining(StoreException.class.getName()));
    }

    /** Made by Spring Boot's annotation processor from the Javadoc. */
    @Test
    void areDescribedForEditors() throws IOException {
      try (InputStream in =
          BatchEngineProperties.class.getResourceAsStream(
              "/META-INF/spring-configuration-metadata.json")) {
        var metadata = new ObjectMapper().readTree(in);
        var described = new ArrayList<String>();
        for (var property : metadata.get("properties")) {
          assertThat(property.has("description")).as(property.toString()).isTrue();
          described.add(property.get("name").asText());
        }
        assertThat(described)
            .contains(
                "batchengine.enabled",
                "batchengine.auto-start",
                "batchengine.session-expiry",
                "batchengine.store.table-prefix",
                "batchengine.submit.join-transaction",
                "batchengine.defaults.concurrency",
                "batchengine.types")
            .hasSize(20);
      }
    }
  }

  @Nested
  class Life {
    private final List<String> said = new ArrayList<>();

    @Test
    void beginsLastAndEndsAfterTheWebServer() {
      application
          .withUserConfiguration(Lengths.class)
          .withBean(WebServer.class, () -> new WebServer(said))
          .run(
              context -> {
                assertThat(context.getBean(BatchEngine.class).isStarted()).isTrue();
                assertThat(said).containsExactly("starts, the engine started: false");
                context.close();
              });

      assertThat(said).last().isEqualTo("stops, the engine started: true");
    }

    @Test
    void goesOnInAContextThatIsStartedAgain() {
      application
          .withUserConfiguration(Lengths.class)
          .run(
              context -> {
                var running = context.getSourceApplicationContext();
                BatchEngine engine = context.getBean(BatchEngine.class);
                running.stop();
                assertThat(engine.isStarted()).isFalse();
                var id = engine.submit(LENGTH, List.of("one"));
                assertThat(engine.status(id).counts().pending()).isOne();

                running.start();
                assertThat(engine.isStarted()).isTrue();
                assertThat(engine.await(id).isSuccess()).isTrue();
              });
    }

    @Test
    void isTheApplicationsIfItDoesNotStartByItself() {
      application
          .withUserConfiguration(Lengths.class)
          .withPropertyValues("batchengine.auto-start=false")
          .run(
              context -> {
                BatchEngine engine = context.getBean(BatchEngine.class);
                assertThat(engine.isStarted()).isFalse();
                var id = engine.submit(LENGTH, List.of("one"));
                engine.start();
                assertThat(engine.await(id).isSuccess()).isTrue();
              });
    }

    @Test
    void endsWithTheContext() {
      var engines = new ArrayList<BatchEngine>();
      application.run(context -> engines.add(context.getBean(BatchEngine.class)));

      assertThat(engines.get(0).health().problems()).containsExactly("the engine is closed");
    }

    /** Flyway and Liquibase are found by Spring Boot in the same way. */
    @Test
    void comesAfterTheScriptsOfTheApplication() {
      application
          .withConfiguration(
              AutoConfigurations.of(
                  SpringApplications.ofEither(
                      "autoconfigure.sql.init.SqlInitialization",
                      "jdbc.autoconfigure.DataSourceInitialization")))
          .withPropertyValues(
              "spring.sql.init.schema-locations=classpath:org/batchengine/spring/ledger.sql")
          .run(
              context ->
                  assertThat(
                          context.getBeanFactory().getBeanDefinition("batchEngine").getDependsOn())
                      .contains("dataSourceScriptDatabaseInitializer"));
    }
  }

  /** Stands where Spring Boot's web server stands. */
  static final class WebServer implements SmartLifecycle, ApplicationContextAware {
    private final List<String> said;
    private ApplicationContext context;
    private boolean running;

    WebServer(List<String> said) {
      this.said = said;
    }

    @Override
    public void setApplicationContext(ApplicationContext context) {
      this.context = context;
    }

    private void say(String what) {
      said.add(what + ", the engine started: " + context.getBean(BatchEngine.class).isStarted());
    }

    @Override
    public void start() {
      running = true;
      say("starts");
    }

    @Override
    public void stop() {
      running = false;
      say("stops");
    }

    @Override
    public boolean isRunning() {
      return running;
    }

    @Override
    public int getPhase() {
      return DEFAULT_PHASE - 2_048;
    }
  }

  @Nested
  class TheActuator {

    @Test
    void saysHowTheEngineIs() {
      application.run(
          context -> {
            Object indicator = context.getBean("batchEngineHealthIndicator");
            Object health = called(indicator, "health");
            assertThat(called(health, "getStatus")).hasToString("UP");
            assertThat(((Map<?, ?>) called(health, "getDetails")).get("started")).isEqualTo(true);
            context.getBean(BatchEngine.class).close();

            Object closed = called(indicator, "health");
            assertThat(called(closed, "getStatus")).hasToString("DOWN");
            assertThat(((Map<?, ?>) called(closed, "getDetails")).get("problem"))
                .isEqualTo("the engine is closed");
          });
    }

    /** The two generations have it in classes of the same form. */
    private static Object called(Object target, String method) throws Exception {
      for (Class<?> type : target.getClass().getInterfaces()) {
        for (var each : type.getMethods()) {
          if (each.getName().equals(method) && each.getParameterCount() == 0) {
            return each.invoke(target);
          }
        }
      }
      return target.getClass().getMethod(method).invoke(target);
    }

    @Test
    void countsWhatTheEngineDoes() {
      application
          .withUserConfiguration(Lengths.class)
          .run(
              context -> {
                var registry = new SimpleMeterRegistry();
                context.getBean(BatchEngineMetrics.class).bindTo(registry);
                Batches batches = context.getBean(Batches.class);
                batches.await(batches.submit(LENGTH, List.of("one")));
                assertThat(registry.get("batch.engine.up").gauge().value()).isEqualTo(1);
              });
    }

    @Test
    void observesEachCall() {
      var seen = new ConcurrentLinkedQueue<Observation.Context>();
      var registry = ObservationRegistry.create();
      registry
          .observationConfig()
          .observationHandler(
              new ObservationHandler<Observation.Context>() {
                @Override
                public void onStop(Observation.Context context) {
                  seen.add(context);
                }

                @Override
                public boolean supportsContext(Observation.Context context) {
                  return true;
                }
              });
      application
          .withUserConfiguration(Lengths.class)
          .withBean(ObservationRegistry.class, () -> registry)
          .run(
              context -> {
                Batches batches = context.getBean(Batches.class);
                var id = batches.submit(LENGTH, List.of("one"));
                batches.await(id);
                assertThat(seen).hasSize(1);
                assertThat(seen.element().getContextualName()).isEqualTo("batch length");
                assertThat(seen.element().getAllKeyValues())
                    .extracting(each -> each.getKey() + "=" + each.getValue())
                    .containsExactlyInAnyOrder("type=length", "batch=" + id, "item=0", "attempt=1");
              });
    }
  }

  @Nested
  class Payloads {
    record Invoice(String invoiceNumber) {}

    private static final JobType<Invoice, Void> BOOK =
        JobType.of("book", Invoice.class, Void.class);

    @Test
    void areWrittenByTheMapperOfTheApplication() {
      application
          .withBean(
              ObjectMapper.class,
              () ->
                  new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE))
          .run(
              context -> {
                Batches batches = context.getBean(Batches.class);
                var id = batches.submit(BOOK, List.of(new Invoice("7")));
                assertThat(batches.item(id, 0).orElseThrow().input())
                    .isEqualTo("{\"invoice_number\":\"7\"}");
              });
    }

    @Test
    void areWrittenByCodecsOfTheApplicationInstead() {
      application
          .withBean(ObjectMapper.class, ObjectMapper::new)
          .withBean("own", PayloadCodecs.class, PayloadCodecs::basic)
          .run(
              context ->
                  assertThatThrownBy(
                          () ->
                              context
                                  .getBean(Batches.class)
                                  .submit(BOOK, List.of(new Invoice("7"))))
                      .hasMessageContaining("Invoice"));
    }
  }

  @Nested
  class Problems {
    private final BatchEngineProblemDetailAutoConfiguration.Advice advice =
        new BatchEngineProblemDetailAutoConfiguration.Advice();

    private final ExceptionHandlerMethodResolver handlers =
        new ExceptionHandlerMethodResolver(BatchEngineProblemDetailAutoConfiguration.Advice.class);

    @Test
    void areAnsweredByTheirKind() {
      assertThat(handlers.resolveMethodByExceptionType(BatchNotFoundException.class).getName())
          .isEqualTo("notFound");
      var absent = new BatchNotFoundException(BatchId.of(UUID.randomUUID()));
      assertThat(advice.notFound(absent).getStatus()).isEqualTo(404);
      assertThat(advice.notFound(absent).getDetail()).isEqualTo(absent.getMessage());
    }

    @Test
    void ofTheStoreAreNotDescribed() {
      assertThat(handlers.resolveMethodByExceptionType(RowsLockedException.class).getName())
          .isEqualTo("unavailable");
      var away = advice.unavailable(StoreException.ofTransient("db-1 is away", null));
      assertThat(away.getStatusCode().value()).isEqualTo(503);
      assertThat(away.getHeaders().getFirst("Retry-After")).isEqualTo("5");
      assertThat(away.getBody().getDetail()).doesNotContain("db-1");
      var broken = advice.unavailable(StoreException.ofPermanent("no table", null));
      assertThat(broken.getStatusCode().value()).isEqualTo(500);
    }

    @Test
    void withArgumentsAreAnsweredIfTheLibraryRefusedThem() {
      var ours = thrownBy(() -> JobType.of("no name", String.class, String.class));
      var theirs = thrownBy(() -> Enum.valueOf(Thread.State.class, "OF_THE_APPLICATION"));

      assertThat(advice.refused(ours).getStatus()).isEqualTo(400);
      assertThatThrownBy(() -> advice.refused(theirs)).isSameAs(theirs);
    }

    private static IllegalArgumentException thrownBy(ThrowingCallable code) {
      return catchThrowableOfType(IllegalArgumentException.class, code);
    }
  }
}
