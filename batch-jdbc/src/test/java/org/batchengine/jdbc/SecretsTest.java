package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.store.BatchStore;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest {
  @TempDir Path folder;

  @Nested
  class InMemory extends SecretsContract {
    @Override
    BatchStore store() {
      return new InMemoryBatchStore();
    }

    @Override
    void dropStore() {}
  }

  @Nested
  class OnH2 extends OnADatabase {
    @Override
    HostDatabase host() {
      return HostDatabase.onH2(folder);
    }

    @Override
    String passingOver() {
      return "nocheck";
    }
  }

  @Nested
  class OnPostgres extends OnADatabase {
    @Override
    HostDatabase host() {
      return HostDatabase.onPostgres();
    }

    @Override
    String passingOver() {
      return "not valid";
    }
  }

  abstract static class OnADatabase extends SecretsContract {
    private HostDatabase host;

    abstract HostDatabase host();

    /** What makes a new constraint hold for new rows alone. */
    abstract String passingOver();

    @Override
    BatchStore store() {
      host = host();
      return JdbcBatchStore.of(host.pool());
    }

    @Override
    void dropStore() {
      host.close();
    }

    private void refuse(String table, String column) {
      host.execute(
          "alter table %s add constraint refuse_%s check (%s not like '%%%s%%') %s"
              .formatted(table, column, column, SECRET, passingOver()));
    }

    @Test
    @DisplayName("FAULT-S7 nor if the database quotes the row that it refuses")
    void areNotToldWithTheDatabasesWords() throws Exception {
      refuse("batch_outcome", "output");
      BatchId id = engine.submit(request(WORK, 12));
      said.add(engine.await(id).toString());
      assertThat(engine.errors(id, 0)).isNotEmpty();
      said.add(engine.errors(id, 0).toString());
      refuse("batch_item", "input");
      isRefused(request(WORK, 12));
      host.execute("alter table batch_item drop constraint refuse_input");
      refuse("batch_item", "item_key");
      isRefused(request(WORK, 12));
      refuse("batch_job", "metadata");
      isRefused(request(WORK, 12));

      isHeard("check constraint");
    }
  }
}
