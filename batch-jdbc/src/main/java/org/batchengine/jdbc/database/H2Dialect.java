package org.batchengine.jdbc.database;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.sql.WriteTurns;
import org.batchengine.model.StoreException;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** H2 2.3.232 and later. */
final class H2Dialect implements Dialect {
  private static final Logger log = LoggerFactory.getLogger(H2Dialect.class);

  private static final Pattern VERSION = Pattern.compile("[0-9]+\\.[0-9]+\\.([0-9]{1,6})");

  private static final int OLDEST_BUILD = 232;
  private static final int BUILD_THAT_LOSES_COMMITS = 252;
  private static final int LONGEST_VARCHAR = 1_048_576;

  /** A path of the default file system, after the name of a way to access it. */
  private static final Pattern PLAIN_PATH =
      Pattern.compile("(?:(?:blocking|async|file|nio|nioMapped):)?((?:[A-Za-z]:)?[^:]+)");

  private static final String INSERT_LOCK =
      """
      insert into batch_schema (version, installed_at)
      select 0, current_timestamp where not exists (select 1 from batch_schema where version = 0)
      """;

  /** Of a table, which may be named with its schema. */
  private static final String FIRST_COLUMN =
      """
      select column_name from information_schema.columns
      where lower(table_name) = regexp_replace(?, '.*[.]', '') and ordinal_position = 1
      fetch first row only
      """;

  private final WriteTurns writeTurns;
  private final Optional<H2File> file;

  private H2Dialect(WriteTurns writeTurns, Optional<H2File> file) {
    this.writeTurns = writeTurns;
    this.file = file;
  }

  /** In memory nothing outlives the process. */
  static H2Dialect of(Connection connection) throws SQLException {
    String path = databasePath(connection);
    Matcher plain = PLAIN_PATH.matcher(path == null ? "" : path);
    boolean isHere = plain.matches() && !isRemote(connection);
    return new H2Dialect(
        path == null ? WriteTurns.AT_ONCE : WriteTurns.of(path),
        isHere ? H2File.of(Path.of(plain.group(1))) : Optional.empty());
  }

  @Override
  public Optional<String> trouble() {
    return file.flatMap(H2File::trouble);
  }

  @Override
  public WriteTurns writeTurns() {
    return writeTurns;
  }

  @Override
  public String folder() {
    return "h2";
  }

  @Override
  public String now() {
    return "current_timestamp";
  }

  /** H2 has no shared row locks. */
  @Override
  public String sessionLock() {
    return "for update";
  }

  /**
   * Who has a turn to write keeps all others waiting. In memory, where nobody takes turns, a claim
   * waits for the settle of its own session, and only for so long as the pool has it.
   */
  @Override
  public String brief() {
    return writeTurns == WriteTurns.AT_ONCE ? "" : "wait " + Transactions.BRIEF.toMillis() / 1000.0;
  }

  @Override
  public String briefBounds() {
    return "";
  }

  /** H2 has no such clause: it refuses the row, and the transaction goes on. */
  @Override
  public String unlessTaken() {
    return "";
  }

  /** H2 reads an index in its order only if that is named from its first column on. */
  @Override
  public String ready() {
    return "c.session_id, c.held, c.sequential, c.type,";
  }

  /** H2 would read all entries of an index that are equal before it comes to those after. */
  @Override
  public String after(String... texts) {
    return "%1$s > %2$s and %1$s >= %2$s || char(0)".formatted((Object[]) texts);
  }

  @Override
  public String index(String name) {
    return "use index (" + name + ")";
  }

  /**
   * None: with an order by H2 reads, and locks, all rows that there are before it sorts them.
   * Without it rows come in the order of the index, and it stops at the first that are enough.
   */
  @Override
  public String indexOrder(String columns) {
    return "";
  }

  @Override
  public String openItems(String columns) {
    return """
        select i.item_id, %s
        from batch_item i
        where i.item_id >= :first and i.item_id < :end
        order by i.item_id
        """
        .formatted(columns);
  }

  /** Apart: within another query H2 runs it for each row while others write to these tables. */
  @Override
  public String notOpenItems() {
    return """
        select item_id from batch_outcome where item_id >= :first and item_id < :end
        union all
        select item_id from batch_parked where item_id >= :first and item_id < :end
        """;
  }

  @Override
  public String one(String table, String alias, String condition) {
    return "left join %s %s on %s".formatted(table, alias, condition);
  }

  /** H2 looks at its tables again when they have changed. */
  @Override
  public String lookUpInOrder() {
    return "";
  }

  /** Its {@code extract} would calculate with decimals, which takes three times as long. */
  @Override
  public String second(String instant) {
    return "datediff(second, timestamp with time zone '1970-01-01 00:00:00+00', %s)"
        .formatted(instant);
  }

  @Override
  public String readRangesOnce() {
    return "";
  }

  @Override
  public boolean hasCopy() {
    return false;
  }

  @Override
  public boolean writesInWith() {
    return false;
  }

  @Override
  public void check(Connection connection, StoreSettings settings) throws SQLException {
    refuseOld(connection);
    refuseLongPayloads(settings);
    refuseLostCommits(connection);
    refuseEarlyClose(connection);
    refuseNoLocks(connection);
    warnOfLostCommits(connection);
  }

  /** Of this version only: whether a later one has the fault is not known. */
  private static void warnOfLostCommits(Connection connection) throws SQLException {
    if (databasePath(connection) != null && build(connection) == BUILD_THAT_LOSES_COMMITS) {
      log.warn(
          "H2 2.5.252 may lose commits of a file whose process was killed hundreds of times: use H2 2.4.240");
    }
  }

  /** The last part of the version, which grows with each one; the largest number if it has none. */
  private static int build(Connection connection) throws SQLException {
    Matcher version = VERSION.matcher(connection.getMetaData().getDatabaseProductVersion());
    return version.lookingAt() ? Integer.parseInt(version.group(1)) : Integer.MAX_VALUE;
  }

  private static void refuseNoLocks(Connection connection) throws SQLException {
    if ("0".equals(value(connection, "select lock_mode() where '' = ?", ""))) {
      throw StoreException.ofPermanent(
          "the H2 database is open with LOCK_MODE=0, with which transactions would not keep out of each other's way: leave it out of its URL",
          null);
    }
  }

  private static void refuseOld(Connection connection) throws SQLException {
    if (build(connection) < OLDEST_BUILD) {
      throw StoreException.ofPermanent(
          "H2 %s is too old, it answers some queries wrongly: use 2.3.232 or later"
              .formatted(connection.getMetaData().getDatabaseProductVersion()),
          null);
    }
  }

  private static void refuseLongPayloads(StoreSettings settings) {
    if (settings.maxPayload() > LONGEST_VARCHAR) {
      throw StoreException.ofPermanent(
          "maxPayload is %d, but H2 keeps texts of at most %d characters: lower it, or use PostgreSQL"
              .formatted(settings.maxPayload(), LONGEST_VARCHAR),
          null);
    }
  }

  private static void refuseLostCommits(Connection connection) throws SQLException {
    if (databasePath(connection) == null) {
      return;
    }
    String delay =
        value(
            connection,
            "select setting_value from information_schema.settings where setting_name = ?",
            "WRITE_DELAY");
    if (!"0".equals(delay)) {
      throw StoreException.ofPermanent(
          "the H2 file is open with WRITE_DELAY=%s, so that a kill of the process loses what was committed: add ;WRITE_DELAY=0 to its URL"
              .formatted(delay),
          null);
    }
  }

  /** An AUTO_SERVER cannot have this setting, and a server of its own closes when it likes. */
  private static void refuseEarlyClose(Connection connection) throws SQLException {
    if (databasePath(connection) != null
        && !isRemote(connection)
        && !isLockedByFile(connection)
        && H2Shutdown.closes(connection)) {
      throw StoreException.ofPermanent(
          "the H2 file is open without DB_CLOSE_ON_EXIT=FALSE, so that at exit H2 would close it before the engine has drained: add ;DB_CLOSE_ON_EXIT=FALSE to its URL",
          null);
    }
  }

  /** An AUTO_SERVER keeps a lock file beside the database; else the file itself is locked. */
  @Override
  public boolean isOfThisProcessAlone(Connection connection) throws SQLException {
    String database = databasePath(connection);
    return database != null
        && !isRemote(connection)
        && PLAIN_PATH.matcher(database).matches()
        && !isLockedByFile(connection);
  }

  private static boolean isRemote(Connection connection) throws SQLException {
    String url = connection.getMetaData().getURL();
    return url.startsWith("jdbc:h2:tcp:") || url.startsWith("jdbc:h2:ssl:");
  }

  private static boolean isLockedByFile(Connection connection) throws SQLException {
    String database = databasePath(connection);
    Matcher plain = PLAIN_PATH.matcher(database == null ? "" : database);
    return plain.matches() && Files.exists(Path.of(plain.group(1) + ".lock.db"));
  }

  /** Where the database's files are; null if it is in memory. */
  private static @Nullable String databasePath(Connection connection) throws SQLException {
    return value(connection, "select database_path() where '' = ?", "");
  }

  @Override
  public Optional<String> refusal(String sql) {
    return H2HostCode.refusal(sql);
  }

  @Override
  public List<String> settingsOf(String sql) {
    return List.of();
  }

  /** A driver of a server of H2 takes such a bound from its URL only. */
  @Override
  public boolean isFarAway() {
    return false;
  }

  @Override
  public String session(Connection connection) throws SQLException {
    return String.valueOf(value(connection, "select session_id() where '' = ?", ""));
  }

  @Override
  public String transactionBounds(StoreSettings settings, boolean isOwn) {
    return "";
  }

  @Override
  public boolean hasSchema(Connection connection, String schema) throws SQLException {
    String sql = "select schema_name from information_schema.schemata where lower(schema_name) = ?";
    return value(connection, sql, schema) != null;
  }

  private static @Nullable String value(Connection connection, String sql, String parameter)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, parameter);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getString(1) : null;
      }
    }
  }

  /**
   * Each change of a table is a commit in H2, which lets locks go. So one connection holds the
   * lock, that of the row of version 0, while another makes the change.
   */
  @Override
  public void changeTables(Jdbi jdbi, Consumer<Handle> change) {
    try (Handle changes = jdbi.open();
        Handle lock = jdbi.open();
        WriteTurns.Turn turn = writeTurns.take()) {
      changes.execute(Schema.CREATE_VERSIONS);
      SqlFaults.unlessTaken(() -> changes.execute(INSERT_LOCK), 0);
      lock.useTransaction(
          locked -> {
            locked
                .select("select version from batch_schema where version = 0 for update")
                .mapTo(Integer.class)
                .one();
            change.accept(changes);
          });
    }
  }

  /** An admin has all rights; of others each is tried on no row, since roles may bring them. */
  @Override
  public List<String> missingRights(Handle handle, List<String> tables) {
    return isAdmin(handle)
        ? List.of()
        : tables.stream()
            .map(table -> new Missing(table, missingRights(handle, table)))
            .filter(missing -> !missing.rights.isEmpty())
            .map(missing -> "%s (%s)".formatted(missing.table, String.join(", ", missing.rights)))
            .toList();
  }

  private record Missing(String table, List<String> rights) {}

  private static boolean isAdmin(Handle handle) {
    return handle
        .select("select is_admin from information_schema.users where user_name = current_user")
        .mapTo(Boolean.class)
        .findOne()
        .orElse(false);
  }

  private static List<String> missingRights(Handle handle, String table) {
    String column = handle.select(FIRST_COLUMN, table).mapTo(String.class).one();
    Map<String, String> probes = new LinkedHashMap<>();
    probes.put("select", "select 1 from " + table + " where 1 = 0");
    probes.put("insert", "insert into %1$s select * from %1$s where 1 = 0".formatted(table));
    probes.put("update", "update %1$s set %2$s = %2$s where 1 = 0".formatted(table, column));
    probes.put("delete", "delete from " + table + " where 1 = 0");
    probes.values().removeIf(probe -> isAllowed(handle, probe));
    return List.copyOf(probes.keySet());
  }

  private static boolean isAllowed(Handle handle, String probe) {
    try {
      handle.execute(probe);
      return true;
    } catch (JdbiException e) {
      SQLException cause = SqlFaults.in(e);
      if (cause != null && SqlFaults.state(cause).equals("90096")) {
        return false;
      }
      throw e;
    }
  }
}
