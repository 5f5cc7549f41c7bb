package org.batchengine.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import javax.sql.DataSource;

/** A node's way to the database, which can be cut and mended: to the others it is as if it died. */
final class CuttableLink {
  private volatile boolean cut;
  private final DataSource proxy;

  CuttableLink(DataSource pool) {
    proxy =
        (DataSource)
            Proxy.newProxyInstance(
                CuttableLink.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (self, method, arguments) -> {
                  if (cut) {
                    throw new SQLException("the link is cut", "08001");
                  }
                  try {
                    return method.invoke(pool, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
  }

  DataSource dataSource() {
    return proxy;
  }

  void cut() {
    cut = true;
  }

  void mend() {
    cut = false;
  }
}
