package org.batchengine.spring;

import io.micrometer.core.instrument.binder.MeterBinder;
import org.batchengine.BatchEngine;
import org.batchengine.micrometer.BatchEngineMetrics;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Binds the engine's metrics to the application's registries; see {@link BatchEngineMetrics}. */
@AutoConfiguration(after = BatchEngineAutoConfiguration.class)
@ConditionalOnClass(MeterBinder.class)
@ConditionalOnBean(BatchEngine.class)
final class BatchEngineMetricsAutoConfiguration {

  /** Spring Boot binds it to each registry. */
  @Bean
  @ConditionalOnMissingBean
  BatchEngineMetrics batchEngineMetrics(BatchEngine engine) {
    return BatchEngineMetrics.of(engine);
  }
}
