package org.batchengine.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.spring.SpringApplications.LENGTH;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.batchengine.BatchEngine;
import org.batchengine.Batches;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.batchengine.micrometer.BatchEngineMetrics;
import org.batchengine.model.RetryPolicy;
import org.batchengine.spring.SpringApplications.Lengths;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** What an application tells of its engine. */
@Timeout(60)
class SpringActuatorTest {
  private final ApplicationContextRunner application = SpringApplications.onH2();

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

  @Test
  void doesNotSayItIfItIsToldSo() {
    application
        .withPropertyValues("management.health.batchengine.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean("batchEngineHealthIndicator"));
    var none = application.withPropertyValues("management.health.defaults.enabled=false");
    none.run(context -> assertThat(context).doesNotHaveBean("batchEngineHealthIndicator"));
    none.withPropertyValues("management.health.batchengine.enabled=true")
        .run(context -> assertThat(context).hasBean("batchEngineHealthIndicator"));
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

  private final ConcurrentLinkedQueue<Observation.Context> seen = new ConcurrentLinkedQueue<>();

  private ObservationRegistry observed() {
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
    return registry;
  }

  @Test
  void observesThatACallFailsWithItsTransaction() {
    application
        .withBean(
            Registration.class,
            () ->
                Registration.<String, Void, Connection>transactional(
                        JobType.of("book", String.class),
                        Connection.class,
                        (text, connection, context) -> {
                          TransactionSynchronizationManager.registerSynchronization(
                              new TransactionSynchronization() {
                                @Override
                                public void beforeCommit(boolean readOnly) {
                                  throw new IllegalStateException("cannot be written");
                                }
                              });
                          return null;
                        })
                    .with(JobOptions.defaults().retry(RetryPolicy.none())))
        .withBean(ObservationRegistry.class, this::observed)
        .run(
            context -> {
              Batches batches = context.getBean(Batches.class);
              batches.await(batches.submit(JobType.of("book", String.class), List.of("one")));
              assertThat(seen).hasSize(1);
              assertThat(seen.element().getError()).hasMessage("cannot be written");
            });
  }

  @Test
  void observesEachCall() {
    application
        .withUserConfiguration(Lengths.class)
        .withBean(ObservationRegistry.class, this::observed)
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
