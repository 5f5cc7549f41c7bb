package org.batchengine.spring;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.batchengine.CallInterceptor.Invocation;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Observes each call of a processor, if there is an {@link ObservationRegistry}: as {@code
 * batch.engine.call}, with the keys {@code type}, {@code batch}, {@code item} and {@code attempt};
 * in bulk those of the first item. A verdict such as {@code context.fail(…)} is no error of the
 * observation; what the processor throws is. The property {@code
 * management.observations.enable.batch.engine.call=false} switches it off.
 */
@AutoConfiguration(before = BatchEngineAutoConfiguration.class)
@ConditionalOnClass(ObservationRegistry.class)
final class BatchEngineObservationAutoConfiguration {

  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  BatchEngineCustomizer batchEngineObservations(ObjectProvider<ObservationRegistry> registries) {
    return builder ->
        registries.ifUnique(registry -> builder.interceptor(call -> observed(call, registry)));
  }

  private static void observed(Invocation call, ObservationRegistry registry) throws Exception {
    Observation.createNotStarted("batch.engine.call", registry)
        .contextualName("batch " + call.type())
        .lowCardinalityKeyValue("type", call.type())
        .highCardinalityKeyValue("batch", call.batchId().toString())
        .highCardinalityKeyValue("item", Integer.toString(call.index()))
        .highCardinalityKeyValue("attempt", Integer.toString(call.attempt()))
        .observeChecked(call::proceed);
  }
}
