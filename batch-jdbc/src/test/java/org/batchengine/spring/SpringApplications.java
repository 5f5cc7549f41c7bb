package org.batchengine.spring;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Applications with a data source and what Spring Boot configures for it, in either generation. */
final class SpringApplications {
  private static final AtomicInteger databases = new AtomicInteger();

  private SpringApplications() {}

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
                Stream.concat(
                        Stream.of(
                            ofEither("autoconfigure.jdbc", "jdbc.autoconfigure", "DataSource"),
                            ofEither(
                                "autoconfigure.jdbc",
                                "jdbc.autoconfigure",
                                "DataSourceTransactionManager"),
                            ofEither(
                                "autoconfigure.transaction",
                                "transaction.autoconfigure",
                                "Transaction"),
                            ofEither("autoconfigure.jdbc", "jdbc.autoconfigure", "JdbcTemplate")),
                        ours().stream())
                    .toArray(Class<?>[]::new)));
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

  /** An auto-configuration of Spring Boot 3 or of 4, which has it elsewhere. */
  static Class<?> ofEither(String packageOf3, String packageOf4, String name) {
    List<String> names =
        Stream.of(packageOf3, packageOf4)
            .map(each -> "org.springframework.boot." + each + "." + name + "AutoConfiguration")
            .toList();
    return names.stream()
        .map(SpringApplications::find)
        .filter(Objects::nonNull)
        .findFirst()
        .orElseThrow(() -> new AssertionError("none of " + names));
  }

  private static Class<?> find(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException absent) {
      return null;
    }
  }
}
