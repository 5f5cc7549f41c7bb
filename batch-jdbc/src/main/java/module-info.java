/** The store that keeps batches in PostgreSQL or H2. */
@SuppressWarnings("opens") // packages of files, not of classes
module org.batchengine.jdbc {
  requires transitive java.sql;
  requires transitive org.batchengine;
  requires com.zaxxer.hikari;
  requires transitive org.jdbi.v3.core;
  requires org.jdbi.v3.sqlobject;
  requires io.leangen.geantyref; // Jdbi needs it, but has no descriptor that says so
  requires org.jspecify;
  requires org.slf4j;
  requires static org.postgresql.jdbc;
  requires static com.h2database;
  // What only hosts with Spring Boot have.
  requires static com.fasterxml.jackson.databind;
  requires static micrometer.core;
  requires static micrometer.observation;
  requires static spring.beans;
  requires static spring.boot;
  requires static spring.boot.actuator;
  requires static spring.boot.autoconfigure;
  requires static spring.boot.health;
  requires static spring.context;
  requires static spring.core;
  requires static spring.jdbc;
  requires static spring.tx;
  requires static spring.web;
  requires static tools.jackson.databind;

  exports org.batchengine.jdbc;
  exports org.batchengine.spring;

  opens org.batchengine.spring;
  opens org.batchengine.jdbc.database to
      com.h2database;
  // For tools that make the tables in place of the store.
  opens org.batchengine.jdbc.schema.h2;
  opens org.batchengine.jdbc.schema.postgresql;
}
