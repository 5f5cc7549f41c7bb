package org.batchengine.spring;

import java.util.LinkedHashMap;
import java.util.Map;
import org.batchengine.BatchEngine;
import org.batchengine.model.EngineHealth;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Adds the engine to the application's health, as {@code batchEngine}. Its details are those of
 * {@link EngineHealth#toMap}. The property {@code management.health.batchengine.enabled} switches
 * it on and off; if it is not set, {@code management.health.defaults.enabled} does.
 */
@AutoConfiguration(after = BatchEngineAutoConfiguration.class)
@ConditionalOnBean(BatchEngine.class)
@ConditionalOnExpression(
    "${management.health.batchengine.enabled:${management.health.defaults.enabled:true}}")
final class BatchEngineHealthAutoConfiguration {
  private static final String NAME = "batchEngineHealthIndicator";

  private static Map<String, Object> details(EngineHealth health) {
    Map<String, Object> details = new LinkedHashMap<>(health.toMap());
    details.remove("status");
    return details;
  }

  /** Where Spring Boot 3 has its health. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(name = "org.springframework.boot.actuate.health.HealthIndicator")
  static class OfBoot3 {

    @Bean(NAME)
    @ConditionalOnMissingBean(name = NAME)
    HealthIndicator batchEngineHealthIndicator(BatchEngine engine) {
      return () -> {
        EngineHealth health = engine.health();
        Health.Builder builder = health.isUp() ? Health.up() : Health.down();
        return builder.withDetails(details(health)).build();
      };
    }
  }

  /** Where Spring Boot 4 has its health. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(name = "org.springframework.boot.health.contributor.HealthIndicator")
  @ConditionalOnMissingClass("org.springframework.boot.actuate.health.HealthIndicator")
  static class OfBoot4 {

    @Bean(NAME)
    @ConditionalOnMissingBean(name = NAME)
    org.springframework.boot.health.contributor.HealthIndicator batchEngineHealthIndicator(
        BatchEngine engine) {
      return () -> {
        EngineHealth health = engine.health();
        org.springframework.boot.health.contributor.Health.Builder builder =
            health.isUp()
                ? org.springframework.boot.health.contributor.Health.up()
                : org.springframework.boot.health.contributor.Health.down();
        return builder.withDetails(details(health)).build();
      };
    }
  }
}
