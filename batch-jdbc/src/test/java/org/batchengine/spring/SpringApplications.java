package org.batchengine.spring;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Applications with a data source and what Spring Boot configures for it, in either generation. */
final class SpringApplications {
  /** A job type whose processor comes with {@link Lengths}. */
  static final JobType<String, Integer> LENGTH = JobType.of("length", String.class, Integer.class);

  private static final AtomicInteger databases = new AtomicInteger();

  private SpringApplications() {}

  @Configuration(proxyBeanMethods = false)
  static class Lengths {
    @Bean
    Registration<String, Integer> lengths() {
      return Registration.of(LENGTH, text -> text.length());
    }
  }

  /** One on an H2 database of its own, in memory. */
  static ApplicationContextRunner onH2() {
    return on("jdbc:h2:mem:spring-" + databases.incrementAndGet() + ";DB_CLOSE_DELAY=-1");
  }

  static ApplicationContextRunner on(String url) {
    return new ApplicationContextRunner()
        .withPropertyValues(
            "spring.datasource.url=" + url,
            "spring.datasource.hikari.maximum-pool-size=15",
            "batchengine.poll-interval=50ms")
        .withConfiguration(
            AutoConfigurations.of(
                ofEither("autoconfigure.jdbc.DataSource", "jdbc.autoconfigure.DataSource"),
                ofEither(
                    "autoconfigure.jdbc.DataSourceTransactionManager",
                    "jdbc.autoconfigure.DataSourceTransactionManager"),
                ofEither(
                    "autoconfigure.transaction.Transaction",
                    "transaction.autoconfigure.Transaction"),
                ofEither("autoconfigure.jdbc.JdbcTemplate", "jdbc.autoconfigure.JdbcTemplate")))
        .withConfiguration(AutoConfigurations.of(ours().toArray(Class<?>[]::new)));
  }

  /** The auto-configurations that Spring Boot finds in this library. */
  static List<Class<?>> ours() {
    return List.of(
        BatchEngineAutoConfiguration.class,
        BatchEngineHealthAutoConfiguration.class,
        BatchEngineMetricsAutoConfiguration.class,
        BatchEngineObservationAutoConfiguration.class,
        BatchEngineProblemDetailAutoConfiguration.class);
  }

  /** An auto-configuration by its name in Spring Boot 3 or in 4. */
  static Class<?> ofEither(String in3, String in4) {
    return Stream.of(in3, in4)
        .map(name -> find("org.springframework.boot." + name + "AutoConfiguration"))
        .filter(Objects::nonNull)
        .findFirst()
        .orElseThrow(() -> new AssertionError("neither " + in3 + " nor " + in4));
  }

  private static Class<?> find(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException absent) {
      return null;
    }
  }
}
