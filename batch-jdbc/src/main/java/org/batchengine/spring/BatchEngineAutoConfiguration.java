package org.batchengine.spring;

import com.fasterxml.jackson.databind.ObjectMapper;
import javax.sql.DataSource;
import org.batchengine.BatchEngine;
import org.batchengine.codec.Jackson3Codecs;
import org.batchengine.codec.JacksonCodecs;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.jdbc.JdbcBatchStore;
import org.batchengine.store.BatchStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.ConfigurableTransactionManager;
import tools.jackson.databind.json.JsonMapper;

/**
 * Configures an engine on the application's {@code DataSource}, or on its {@link BatchStore} if it
 * has one, from beans of {@link org.batchengine.Registration}, {@link
 * org.batchengine.BatchProcessor}, {@link org.batchengine.FoundItemProcessor}, {@link
 * org.batchengine.BatchListener}, {@link PayloadCodecs} and {@link BatchEngineCustomizer}, and from
 * the properties {@code batchengine.*}.
 */
@AutoConfiguration(
    afterName = {
      "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration",
      "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
      "org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration",
      "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
      "org.springframework.boot.jackson2.autoconfigure.Jackson2AutoConfiguration"
    })
@ConditionalOnClass({DataSource.class, ConnectionHolder.class})
@ConditionalOnProperty(
    prefix = "batchengine",
    name = "enabled",
    havingValue = "true",
    matchIfMissing = true)
@EnableConfigurationProperties(BatchEngineProperties.class)
final class BatchEngineAutoConfiguration {

  @Bean
  @ConditionalOnBean(BatchStore.class)
  @ConditionalOnMissingBean(BatchEngine.class)
  @DependsOnDatabaseInitialization
  HostedEngine hostedBatchEngine(
      BatchStore store, BatchEngineProperties properties, ApplicationContext context) {
    ClassLoader loader = context.getClassLoader();
    return new HostedEngine(
        store, properties, context, loader == null ? BatchEngine.class.getClassLoader() : loader);
  }

  /** The engine that is injected. It is closed with the bean that it comes from. */
  @Bean(destroyMethod = "")
  @Primary
  @ConditionalOnBean(HostedEngine.class)
  BatchEngine batchEngine(HostedEngine hosted) {
    return hosted.proxy();
  }

  @Bean
  @ConditionalOnBean(HostedEngine.class)
  HostedEngine.Start batchEngineStart(BatchEngine engine, BatchEngineProperties properties) {
    return new HostedEngine.Start(engine, properties.autoStart());
  }

  /** The tables beside those of the application. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnSingleCandidate(DataSource.class)
  @ConditionalOnMissingBean(BatchStore.class)
  static class OnDataSource {

    @Bean
    SpringTransactions batchEngineTransactions(
        DataSource dataSource, ObjectProvider<ConfigurableTransactionManager> managers) {
      return new SpringTransactions(dataSource, managers);
    }

    /** Inside of what observes the calls, and by default outside of what the application adds. */
    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE + 1)
    BatchEngineCustomizer batchEngineInTransactions(
        SpringTransactions transactions, BatchEngineProperties properties) {
      return builder -> {
        builder.interceptor(transactions);
        if (properties.submit().joinTransaction()) {
          builder.hostTransaction(transactions::current);
        }
      };
    }

    /** Opened and closed by its engine. */
    @Bean(destroyMethod = "")
    JdbcBatchStore batchStore(SpringTransactions transactions, BatchEngineProperties properties) {
      return properties.store().on(JdbcBatchStore.builder(transactions.pool()));
    }
  }

  /** Payloads as the application's own JSON, which is Jackson 2 by default in Spring Boot 3. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ObjectMapper.class)
  static class WithJackson2 {

    @Bean
    @ConditionalOnSingleCandidate(ObjectMapper.class)
    @ConditionalOnMissingBean(PayloadCodecs.class)
    PayloadCodecs batchPayloadCodecs(ObjectMapper mapper) {
      return JacksonCodecs.of(mapper);
    }
  }

  /** The same with Jackson 3, which is the default in Spring Boot 4. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(JsonMapper.class)
  @ConditionalOnMissingBean(type = "com.fasterxml.jackson.databind.ObjectMapper")
  static class WithJackson3 {

    @Bean
    @ConditionalOnSingleCandidate(JsonMapper.class)
    @ConditionalOnMissingBean(PayloadCodecs.class)
    PayloadCodecs batchPayloadCodecs(JsonMapper mapper) {
      return Jackson3Codecs.of(mapper);
    }
  }
}
