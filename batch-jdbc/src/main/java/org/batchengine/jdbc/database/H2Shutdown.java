package org.batchengine.jdbc.database;

import java.lang.reflect.Field;
import java.sql.Connection;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether an H2 database closes itself when the virtual machine ends. No statement tells that, so
 * the database's own field is read. Where that is not possible, nothing is known.
 */
final class H2Shutdown {
  private static final Logger log = LoggerFactory.getLogger(H2Shutdown.class);

  private H2Shutdown() {}

  /** False as well if it cannot be told. */
  static boolean closes(Connection connection) throws SQLException {
    try {
      Class<?> type = Class.forName("org.h2.jdbc.JdbcConnection");
      if (!connection.isWrapperFor(type)) {
        return false;
      }
      Object session = type.getMethod("getSession").invoke(connection.unwrap(type));
      Object database = session.getClass().getMethod("getDatabase").invoke(session);
      Field closes = database.getClass().getDeclaredField("closeAtVmShutdown");
      closes.setAccessible(true);
      return closes.getBoolean(database);
    } catch (ReflectiveOperationException | RuntimeException e) {
      log.debug("cannot tell whether H2 closes the file at exit", e);
      return false;
    }
  }
}
