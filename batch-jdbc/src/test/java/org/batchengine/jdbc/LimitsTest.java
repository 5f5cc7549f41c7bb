package org.batchengine.jdbc;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.batchengine.jdbc.HostTextsContract.Text;
import org.batchengine.jdbc.database.TableNames;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.ItemError;
import org.batchengine.store.BatchStore;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class LimitsTest {
  @Nested
  class InMemory extends LimitsContract {
    @Override
    LimitedStore open() {
      BatchStore store = new InMemoryBatchStore();
      return new LimitedStore() {
        @Override
        public BatchStore store() {
          return store;
        }

        @Override
        public List<String> takeExecuted() {
          return List.of();
        }

        @Override
        public void close() {}
      };
    }
  }

  @Nested
  class OnH2 extends OnADatabase {
    @Override
    LimitedDatabase open() {
      String url = H2Files.emptyDatabase();
      return new LimitedDatabase(url, () -> H2Files.giveBack(url));
    }
  }

  @Nested
  class OnPostgres extends OnADatabase {
    @Override
    LimitedDatabase open() {
      String url = PostgresServer.emptyDatabase();
      return new LimitedDatabase(url, () -> PostgresServer.giveBack(url));
    }
  }

  private static final class LimitedDatabase implements LimitedStore {
    private final Runnable giveBack;
    private final HikariDataSource pool;
    private final ProbedDataSource probed;
    private final BatchStore store;

    LimitedDatabase(String url, Runnable giveBack) {
      this.giveBack = giveBack;
      HikariConfig config = new HikariConfig();
      config.setJdbcUrl(url);
      config.setMinimumIdle(1);
      config.setMaximumPoolSize(6);
      pool = new HikariDataSource(config);
      probed = new ProbedDataSource(pool);
      store = JdbcBatchStore.of(probed.dataSource());
    }

    @Override
    public BatchStore store() {
      return store;
    }

    @Override
    public List<String> takeExecuted() {
      return probed.takeExecuted();
    }

    @Override
    public void close() {
      assertThat(SqlInvariants.violations(TestJdbi.of(pool))).isEmpty();
      assertThat(probed.connectionsOut()).isZero();
      pool.close();
      giveBack.run();
    }
  }

  abstract static class OnADatabase extends LimitsContract {
    @Override
    abstract LimitedDatabase open();

    @Nested
    class Columns extends GivenTextContract {
      Columns() {
        super(OnADatabase.this::open);
      }

      /** What is checked before any SQL is what the columns hold, and what they hold is checked. */
      @Test
      void ofColumnsAreThoseOfTheChecks() throws Exception {
        assertThat(lengths())
            .containsExactlyInAnyOrderEntriesOf(
                Map.ofEntries(
                    entry("batch_job.type", 100),
                    entry("batch_job.tenant", Text.TENANT.most),
                    entry("batch_job.submitted_by", Text.SUBMITTED_BY.most),
                    entry("batch_job.idempotency_key", Text.IDEMPOTENCY_KEY.most),
                    entry("batch_job.state", 10),
                    entry("batch_job.stopping_to", 10),
                    entry("batch_job.input_format", Text.FORMAT.most),
                    entry("batch_job.output_format", Text.FORMAT.most),
                    entry("batch_job.measures", 203), // four names of 50 characters
                    entry("batch_key.tenant", Text.TENANT.most),
                    entry("batch_key.idempotency_key", Text.IDEMPOTENCY_KEY.most),
                    entry("batch_item.item_key", Text.KEY.most),
                    entry("batch_item_key.item_key", Text.KEY.most),
                    entry("batch_outcome.state", 9),
                    entry("batch_error.type", ItemError.MAX_TYPE_LENGTH),
                    entry("batch_error.fingerprint", 100),
                    entry("batch_input.actor", 200),
                    entry("batch_event.kind", 30),
                    entry("batch_event.actor", 200),
                    entry("batch_event.node", 200),
                    entry("batch_event.tenant", Text.TENANT.most),
                    entry("batch_event.type", 100),
                    entry("batch_reader.tenant", Text.TENANT.most),
                    entry("batch_reader.name", 100),
                    entry("batch_chunk.type", 100),
                    entry("batch_chunk.tenant", Text.TENANT.most),
                    entry("batch_parked.kind", 8),
                    entry("batch_parked.type", 100),
                    entry("batch_parked.tenant", Text.TENANT.most),
                    entry("batch_schedule.tenant", Text.TENANT.most),
                    entry("batch_schedule.name", 100),
                    entry("batch_schedule.cron", 200),
                    entry("batch_schedule.zone", 60),
                    entry("batch_schedule.missed", 4),
                    entry("batch_schedule.overlap", 5),
                    entry("batch_schedule.template", 100),
                    entry("batch_fill.states", 100),
                    entry("batch_fire.state", 9),
                    entry("batch_template.tenant", Text.TENANT.most),
                    entry("batch_template.name", 100),
                    entry("batch_template.type", 100),
                    entry("batch_template.submitted_by", Text.SUBMITTED_BY.most),
                    entry("batch_template.input_format", Text.FORMAT.most),
                    entry("batch_template.output_format", Text.FORMAT.most),
                    entry("batch_template.measures", 203),
                    entry("batch_template_item.item_key", Text.KEY.most),
                    entry("batch_limit.scope", 6),
                    entry("batch_limit.name", 100),
                    entry("batch_permit.fingerprint", 100),
                    entry("batch_session.process", 100),
                    entry("batch_session.host", 200)));
      }

      /** Of all columns of text that have a limit of their own. */
      private Map<String, Integer> lengths() throws SQLException {
        Map<String, Integer> lengths = new TreeMap<>();
        try (Connection connection = ((LimitedDatabase) under).pool.getConnection();
            ResultSet columns = connection.getMetaData().getColumns(null, null, "%", null)) {
          while (columns.next()) {
            String table = columns.getString("TABLE_NAME").toLowerCase(Locale.ROOT);
            int length = columns.getInt("COLUMN_SIZE");
            boolean isText = columns.getInt("DATA_TYPE") == Types.VARCHAR;
            if (TableNames.ALL.contains(table) && isText && length < 1_000_000) {
              String column = columns.getString("COLUMN_NAME").toLowerCase(Locale.ROOT);
              lengths.put(table + "." + column, length);
            }
          }
        }
        return lengths;
      }
    }
  }
}
