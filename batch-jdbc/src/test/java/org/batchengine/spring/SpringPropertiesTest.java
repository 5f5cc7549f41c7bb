package org.batchengine.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.batchengine.spring.SpringApplications.LENGTH;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.BatchEngine;
import org.batchengine.Batches;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoreException;
import org.batchengine.spring.SpringApplications.Lengths;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;

/** What the properties of an application do. */
@Timeout(60)
class SpringPropertiesTest {
  private static final JobType<String, String> ECHO =
      JobType.of("echo", String.class, String.class);

  private final ApplicationContextRunner application = SpringApplications.onH2();

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
              assertThat(engine.await(engine.submit(LENGTH, List.of("one"))).isSuccess()).isTrue();
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
            "batchengine.types.echo.max-retries=1", "batchengine.types[echo].concurrency=1")
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
    var options =
        new BatchEngineProperties.TypeOptions(
            9, null, 6, Duration.ofMinutes(5), Duration.ofSeconds(5), 2);

    assertThat(options.over(registered).toString())
        .contains("concurrency=9", "chunkSize=6", "timeout=PT5S", "retries=2");
  }

  @Test
  void ofAnUnknownTypeAreRefusedAndTheKnownOnesNamed() {
    application
        .withUserConfiguration(Lengths.class)
        .withPropertyValues("batchengine.types.lenght.max-retries=1")
        .run(
            context ->
                assertThat(context)
                    .hasFailed()
                    .getFailure()
                    .hasStackTraceContaining(
                        "batchengine.types.lenght: options are set for the job type \"lenght\", which is not registered;"
                            + " registered are [length]"));
  }

  /** Each as it is written, and as the library names what it configures. */
  @Test
  void outOfRangeAreNamed() {
    refused("node=" + "n".repeat(201), "node: node");
    refused("session-expiry=1s", "session-expiry: sessionExpiry PT1S");
    refused("poll-interval=1ms", "poll-interval: pollInterval PT0.001S");
    refused("drain-timeout=2h", "drain-timeout: drainTimeout PT2H");
    refused("retention=59s", "retention: retention PT59S");
    refused("payload-retention=58s", "payload-retention: payloadRetention PT58S");
    refused("event-retention=57s", "event-retention: eventRetention PT57S");
    refused("max-payload=65MB", "max-payload: maxPayload 68157440");
    refused("store.schema=no schema", "store.schema: ");
    refused("store.table-prefix=1_", "store.table-prefix: ");
    refused("defaults.concurrency=0", "defaults: concurrency 0");
    refused("defaults.chunk-size=0", "defaults: chunkSize 0");
    refused("defaults.max-chunk-size=0", "defaults: maxChunkSize 0");
    refused("defaults.timeout=366d", "defaults: timeout PT8784H");
    refused("defaults.max-timeout=366d", "defaults: maxTimeout PT8784H");
    refused("defaults.max-retries=-1", "defaults: maxRetries -1");
    refused("types.length.concurrency=0", "types.length: concurrency 0");
  }

  private void refused(String property, String message) {
    application
        .withUserConfiguration(Lengths.class)
        .withPropertyValues("batchengine." + property)
        .run(
            context ->
                assertThat(context)
                    .hasFailed()
                    .getFailure()
                    .hasStackTraceContaining("batchengine." + message));
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
              "batchengine.defaults.max-timeout",
              "batchengine.types",
              "management.health.batchengine.enabled")
          .hasSize(23);
    }
  }
}
