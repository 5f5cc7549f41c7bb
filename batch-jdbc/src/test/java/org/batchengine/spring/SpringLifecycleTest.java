package org.batchengine.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.spring.SpringApplications.LENGTH;

import java.util.ArrayList;
import java.util.List;
import org.batchengine.BatchEngine;
import org.batchengine.Batches;
import org.batchengine.model.HistoryQuery;
import org.batchengine.spring.SpringApplications.Lengths;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextAware;
import org.springframework.context.SmartLifecycle;

/** How an engine lives and ends with its application. */
@Timeout(60)
class SpringLifecycleTest {
  private final ApplicationContextRunner application = SpringApplications.onH2();

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
        .withBean(Early.class)
        .withConfiguration(
            AutoConfigurations.of(
                SpringApplications.ofEither(
                    "autoconfigure.sql.init.SqlInitialization",
                    "jdbc.autoconfigure.DataSourceInitialization")))
        .withPropertyValues(
            "batchengine.store.create=false",
            "spring.sql.init.schema-locations="
                + "classpath:org/batchengine/jdbc/schema/h2/V1__create.sql")
        .run(context -> assertThat(context).hasNotFailed());
  }

  /** Uses the engine as soon as there can be one. */
  static final class Early {
    Early(Batches batches) {
      batches.history(HistoryQuery.all());
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
}
