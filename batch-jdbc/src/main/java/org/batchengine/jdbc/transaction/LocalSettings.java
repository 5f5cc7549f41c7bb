package org.batchengine.jdbc.transaction;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings of PostgreSQL that host code has changed until the end of its transaction, and what they
 * were before. A savepoint that is released keeps them.
 */
final class LocalSettings {
  private final Connection connection;
  private final Map<String, @Nullable String> before = new LinkedHashMap<>();

  LocalSettings(Connection connection) {
    this.connection = connection;
  }

  /** Called before these are changed. */
  void remember(List<String> names) throws SQLException {
    for (String name : names) {
      if (!before.containsKey(name)) {
        before.put(name, valueOf(name));
      }
    }
  }

  private @Nullable String valueOf(String name) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("select current_setting(?, true)")) {
      select.setString(1, name);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getString(1);
      }
    }
  }

  /** Sets back what was changed, the last first: a role may not set what was set before it. */
  void restore() throws SQLException {
    List<String> names = new ArrayList<>(before.keySet());
    for (int i = names.size() - 1; i >= 0; i--) {
      try (PreparedStatement set =
          connection.prepareStatement("select set_config(?, coalesce(?, ''), true)")) {
        set.setString(1, names.get(i));
        set.setString(2, before.get(names.get(i)));
        set.execute();
      }
    }
  }
}
