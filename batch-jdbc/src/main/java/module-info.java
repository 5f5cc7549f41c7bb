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

  exports org.batchengine.jdbc;

  // For tools that make the tables in place of the store.
  opens org.batchengine.jdbc.schema.h2;
  opens org.batchengine.jdbc.schema.postgresql;
}
