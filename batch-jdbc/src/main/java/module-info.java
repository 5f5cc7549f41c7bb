/** The store that keeps batches in PostgreSQL or H2. */
module org.batchengine.jdbc {
  requires transitive java.sql;
  requires transitive org.batchengine;
  requires com.zaxxer.hikari;
  requires transitive org.jdbi.v3.core;
  requires org.jdbi.v3.sqlobject;
  requires org.jspecify;
  requires org.slf4j;
  requires static org.postgresql.jdbc;

  exports org.batchengine.jdbc;
}
