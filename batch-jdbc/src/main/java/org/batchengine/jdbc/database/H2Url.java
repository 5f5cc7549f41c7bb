package org.batchengine.jdbc.database;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * URLs of H2 files, made safe. H2 by default loses acknowledged commits when its process is killed,
 * is closed by an interrupt of a thread that reads or writes, closes itself before an engine has
 * drained at exit, and writes errors with the values of rows to a file beside the database.
 */
final class H2Url {
  private static final Logger log = LoggerFactory.getLogger(H2Url.class);

  private static final String PREFIX = "jdbc:h2:";

  private static final Pattern REMOTE = Pattern.compile("(?i)(tcp|ssl):.*");

  /** Else a network that swallows an answer stops who waits for it. */
  private static final String LONGEST_ANSWER = ";NETWORK_TIMEOUT=60000";

  /** The name of a way to access files; a single letter is a drive. */
  private static final Pattern ACCESS = Pattern.compile("[A-Za-z]{2,}:.*");

  private static final Map<String, String> REFUSED =
      Map.of(
          "LOCK_MODE=0", "transactions would not be isolated from each other",
          "FILE_LOCK=NO", "two processes could write the file at once and corrupt it",
          "ACCESS_MODE_DATA=r", "no batch could be written");

  private H2Url() {}

  private static void refuse(List<String> settings, String refused, String otherwise) {
    settings.stream()
        .filter(refused::equalsIgnoreCase)
        .findFirst()
        .ifPresent(
            setting -> {
              throw new IllegalArgumentException(
                  "the URL has %s, but then %s: leave it out".formatted(setting, otherwise));
            });
  }

  /** Whether the database goes with this process. */
  static boolean isInMemory(String url) {
    return url.regionMatches(true, PREFIX.length(), "mem:", 0, "mem:".length());
  }

  static boolean isH2(String url) {
    return url.startsWith(PREFIX);
  }

  /** Whether the URL says who logs in. */
  static boolean namesUser(String url) {
    return value(settings(url), "USER") != null;
  }

  /**
   * The URL with what it leaves open set safely; as it is if it is in memory.
   *
   * @throws IllegalArgumentException if it asks for what is not safe
   */
  static String safe(String url) {
    String path = url.substring(PREFIX.length()).split(";", 2)[0];
    if (path.equals("mem:")) {
      throw new IllegalArgumentException(
          "the URL %s names no database, so each connection would get its own: write jdbc:h2:mem:name"
              .formatted(PREFIX + path));
    }
    REFUSED.forEach((setting, why) -> refuse(settings(url), setting, why));
    if (REMOTE.matcher(path).matches()) {
      return value(settings(url), "NETWORK_TIMEOUT") == null ? url + LONGEST_ANSWER : url;
    }
    if (isInMemory(url)) {
      return url;
    }
    List<String> settings = settings(url);
    require(settings, "WRITE_DELAY", "0", "killing the process would lose committed data");
    if (!"TRUE".equalsIgnoreCase(value(settings, "AUTO_SERVER"))) {
      require(
          settings, "DB_CLOSE_ON_EXIT", "FALSE", "H2 would close before the engine has drained");
    }
    if (value(settings, "TRACE_LEVEL_FILE") == null) {
      settings.add("TRACE_LEVEL_FILE=0");
    }
    return PREFIX + access(path) + ";" + String.join(";", settings);
  }

  private static String access(String path) {
    if (path.startsWith("file:") || path.startsWith(BlockingFile.SCHEME + ":")) {
      return uninterruptible() + path.substring(path.indexOf(':') + 1);
    }
    return ACCESS.matcher(path).matches() ? path : uninterruptible() + path;
  }

  /** Our own way, if the driver that the pool will find is the one that knows it then. */
  private static String uninterruptible() {
    try {
      ClassLoader context = Thread.currentThread().getContextClassLoader();
      if (Class.forName("org.h2.Driver", false, context) == org.h2.Driver.class) {
        BlockingFile.register();
        return BlockingFile.SCHEME + ":";
      }
    } catch (ClassNotFoundException | LinkageError e) {
      log.debug("H2 is another application's, or an old one: {}", e.toString());
    }
    return "async:";
  }

  /** Adds the setting, or refuses another value of it. */
  private static void require(List<String> settings, String name, String safe, String otherwise) {
    String value = value(settings, name);
    if (value == null) {
      settings.add(name + "=" + safe);
    } else if (!value.equalsIgnoreCase(safe)) {
      throw new IllegalArgumentException(
          "the URL has %s=%s, but then %s: write %s=%s, or leave it out"
              .formatted(name, value, otherwise, name, safe));
    }
  }

  private static List<String> settings(String url) {
    List<String> parts = List.of(url.split(";"));
    return new ArrayList<>(parts.subList(1, parts.size()));
  }

  private static @Nullable String value(List<String> settings, String name) {
    String start = name + "=";
    return settings.stream()
        .filter(setting -> setting.regionMatches(true, 0, start, 0, start.length()))
        .map(setting -> setting.substring(start.length()))
        .findFirst()
        .orElse(null);
  }
}
