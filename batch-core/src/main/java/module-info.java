/** An embeddable batch engine: many items, each with its own fate, kept in the host's database. */
@SuppressWarnings("module") // org.batchengine.jdbc is compiled later
module org.batchengine {
  requires java.net.http;
  requires org.slf4j;
  requires static transitive org.jspecify;
  requires static com.fasterxml.jackson.annotation;
  requires static com.fasterxml.jackson.databind;
  requires static tools.jackson.databind;
  requires static micrometer.core;
  requires static org.dhatim.fastexcel;

  exports org.batchengine;
  exports org.batchengine.model;
  exports org.batchengine.codec;
  exports org.batchengine.micrometer;
  exports org.batchengine.report;
  exports org.batchengine.feed;
  exports org.batchengine.schedule;
  exports org.batchengine.limit;
  exports org.batchengine.store;
  exports org.batchengine.store.rules to
      org.batchengine.jdbc;
  exports org.batchengine.memory;

  uses org.batchengine.BatchProcessor;
  uses org.batchengine.FoundItemProcessor;
}
