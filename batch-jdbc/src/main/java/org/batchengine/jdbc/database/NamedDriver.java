package org.batchengine.jdbc.database;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver of a URL, by the name of its class. Drivers register themselves for the first
 * application of a virtual machine only: one that is deployed again would find none.
 *
 * <p>To ask the driver manager for its drivers loads those of this class loader that have the same
 * names, and they register themselves. What is registered here while a pool is open goes with it,
 * or the driver manager would keep the classes of an application that is gone.
 */
final class NamedDriver implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NamedDriver.class);

  private final String type;
  private final List<Driver> registeredBefore;

  private NamedDriver(String type, List<Driver> registeredBefore) {
    this.type = type;
    this.registeredBefore = registeredBefore;
  }

  static NamedDriver of(String url) {
    String type = H2Url.isH2(url) ? "org.h2.Driver" : "org.postgresql.Driver";
    return new NamedDriver(type, DriverManager.drivers().toList());
  }

  /** {@return the name of its class} */
  String type() {
    return type;
  }

  /** Opens a connection, with the driver that the thread's context class loader finds. */
  Connection connect(String url, Properties properties) throws SQLException {
    Connection opened = load().connect(url, properties);
    if (opened == null) {
      throw new SQLException("the driver does not know the URL", "08001");
    }
    return opened;
  }

  private Driver load() throws SQLException {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    try {
      Class<?> found;
      try {
        found = Class.forName(type, true, context);
      } catch (ClassNotFoundException e) {
        found = Class.forName(type);
      }
      return (Driver) found.getDeclaredConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new SQLException("the driver " + type + " cannot be loaded", "08001", e);
    }
  }

  @Override
  public void close() {
    for (Driver driver : DriverManager.drivers().toList()) {
      if (!registeredBefore.contains(driver) && isOfThisApplication(driver)) {
        try {
          DriverManager.deregisterDriver(driver);
        } catch (SQLException e) {
          log.debug("the driver {} is still registered", driver.getClass().getName(), e);
        }
      }
    }
  }

  /** What the virtual machine's own class loader has stays with it, and with whoever uses it. */
  private boolean isOfThisApplication(Driver driver) {
    ClassLoader loader = driver.getClass().getClassLoader();
    return loader == NamedDriver.class.getClassLoader()
        && loader != ClassLoader.getSystemClassLoader();
  }
}
