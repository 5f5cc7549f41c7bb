package org.batchengine.jdbc.sql;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.batchengine.model.BatchId;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.argument.AbstractArgumentFactory;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.jspecify.annotations.Nullable;

/** How the store's values stand in parameters and columns. */
public final class Columns {
  private Columns() {}

  /** Durations are bound as seconds, ids of batches as UUIDs. */
  public static void register(Jdbi jdbi) {
    jdbi.registerArgument(new InstantArgument())
        .registerArgument(new DurationArgument())
        .registerArgument(new BatchIdArgument())
        .registerArrayType(Long.class, "bigint")
        .registerArrayType(String.class, "varchar")
        .registerArrayType(UUID.class, "uuid");
  }

  /** Whole microseconds; a duration too long for them is the longest. */
  public static long micros(Duration duration) {
    try {
      return Math.addExact(
          Math.multiplyExact(duration.getSeconds(), 1_000_000L), duration.getNano() / 1_000);
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }

  /** Reads a duration in microseconds that may be missing. */
  public static @Nullable Duration microsOrNull(ResultSet row, String column) throws SQLException {
    Long micros = row.getObject(column, Long.class);
    return micros == null ? null : Duration.of(micros, ChronoUnit.MICROS);
  }

  /** Reads an instant. */
  public static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  /** Reads an instant that may be missing. */
  public static @Nullable Instant instantOrNull(ResultSet row, String column) throws SQLException {
    OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
    return value == null ? null : value.toInstant();
  }

  /** Bound as OffsetDateTime: a Timestamp shifts when session and JVM zones differ. */
  private static final class InstantArgument extends AbstractArgumentFactory<Instant> {
    InstantArgument() {
      super(Types.TIMESTAMP_WITH_TIMEZONE);
    }

    @Override
    protected Argument build(Instant value, ConfigRegistry config) {
      return (position, statement, context) ->
          statement.setObject(position, value.atOffset(ZoneOffset.UTC));
    }
  }

  private static final class DurationArgument extends AbstractArgumentFactory<Duration> {
    DurationArgument() {
      super(Types.NUMERIC);
    }

    @Override
    protected Argument build(Duration value, ConfigRegistry config) {
      return (position, statement, context) ->
          statement.setBigDecimal(position, BigDecimal.valueOf(micros(value), 6));
    }
  }

  private static final class BatchIdArgument extends AbstractArgumentFactory<BatchId> {
    BatchIdArgument() {
      super(Types.OTHER);
    }

    @Override
    protected Argument build(BatchId value, ConfigRegistry config) {
      return (position, statement, context) -> statement.setObject(position, value.value());
    }
  }
}
