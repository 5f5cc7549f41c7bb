package org.batchengine.spring;

import org.batchengine.BatchEngine;

/**
 * Changes the engine that is configured for a Spring application, before it is built. Declare it as
 * a bean. Several are called in their order. What it sets wins over the properties, but for the
 * options of single types ({@code batchengine.types.*}), which only {@link
 * BatchEngine.Builder#options} changes.
 */
@FunctionalInterface
public interface BatchEngineCustomizer {

  /** Changes the builder. Does not build the engine. */
  void customize(BatchEngine.Builder builder);
}
