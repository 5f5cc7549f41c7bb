package org.batchengine.web.hosts;

import java.nio.file.Path;
import org.batchengine.BatchEngine;
import org.batchengine.Registration;
import org.batchengine.web.BatchServlet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** In Spring Boot 4, beside Spring MVC, with the engine that is configured by itself. */
@Tag("H2")
class SpringBoot4Test extends MountedContract {
  @TempDir static Path folder;
  private static ServletWebServerApplicationContext context;

  /** What the application has of its own. */
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Application {
    @Bean
    Registration<Integer, Integer> squaring() {
      return SQUARING;
    }

    @Bean
    ServletRegistrationBean<BatchServlet> batches(BatchEngine engine) {
      return new ServletRegistrationBean<>(servlet(engine), "/batches/*");
    }
  }

  @BeforeAll
  static void start() {
    SpringApplication application = new SpringApplication(Application.class);
    context =
        (ServletWebServerApplicationContext)
            application.run(
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--server.servlet.context-path=/ops",
                "--spring.datasource.url=jdbc:h2:"
                    + folder.resolve("batches")
                    + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE",
                "--spring.main.banner-mode=off",
                "--logging.level.root=warn");
  }

  @AfterAll
  static void stop() {
    context.close();
  }

  @Override
  BatchEngine engine() {
    return context.getBean(BatchEngine.class);
  }

  @Override
  int port() {
    return context.getWebServer().getPort();
  }
}
