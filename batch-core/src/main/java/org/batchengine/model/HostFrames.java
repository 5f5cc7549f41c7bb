package org.batchengine.model;

import java.util.List;

/**
 * Tells the host's own classes from those of the JDK, this library, and libraries that many hosts
 * use: an error is the host's where its own code was last.
 */
final class HostFrames {
  private static final String OURS = "org.batchengine.";
  private static final String EXAMPLES = "org.batchengine.examples.";

  /** Packages of the JDK and of other languages; proxies; frameworks; databases; clients. */
  private static final List<String> OF_OTHERS =
      List.of(
          "java.",
          "javax.",
          "jdk.",
          "sun.",
          "com.sun.",
          "jakarta.",
          "kotlin.",
          "kotlinx.",
          "scala.",
          "groovy.",
          "org.codehaus.groovy.",
          "clojure.",
          "net.bytebuddy.",
          "javassist.",
          "org.aspectj.",
          "org.springframework.",
          "io.quarkus.",
          "io.micronaut.",
          "io.smallrye.",
          "org.jboss.",
          "org.eclipse.",
          "org.apache.",
          "org.hibernate.",
          "org.jdbi.",
          "org.jooq.",
          "com.zaxxer.hikari.",
          "org.postgresql.",
          "org.h2.",
          "com.mysql.",
          "org.mariadb.",
          "oracle.",
          "com.microsoft.sqlserver.",
          "com.mongodb.",
          "redis.clients.",
          "io.lettuce.",
          "com.google.common.",
          "com.google.gson.",
          "com.fasterxml.",
          "tools.jackson.",
          "okhttp3.",
          "okio.",
          "retrofit2.",
          "feign.",
          "io.netty.",
          "io.grpc.",
          "io.vertx.",
          "reactor.",
          "io.reactivex.",
          "software.amazon.awssdk.",
          "com.amazonaws.",
          "io.github.resilience4j.",
          "dev.failsafe.",
          "io.micrometer.",
          "io.opentelemetry.",
          "org.slf4j.",
          "ch.qos.logback.",
          "org.junit.");

  private HostFrames() {}

  /** Whether the class is the host's. Classes that are made at run time are not. */
  static boolean contain(String className) {
    if (className.startsWith(OURS)) {
      return className.startsWith(EXAMPLES);
    }
    return !className.contains("$$")
        && !className.startsWith("$Proxy")
        && OF_OTHERS.stream().noneMatch(className::startsWith);
  }
}
