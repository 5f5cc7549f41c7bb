package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.Fill;
import org.batchengine.store.NewBatch;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What people and their tools see of batches in SQL. */
abstract class ViewsContract extends SteeredContract {

  ViewsContract(Supplier<JdbcUnderTest> opener) {
    super(opener::get);
  }

  @Nested
  class Views {
    private List<Map<String, Object>> rows(String sql) {
      return ((JdbcUnderTest) under)
          .jdbi()
          .withHandle(handle -> handle.select(sql).mapToMap().list());
    }

    private Map<String, Object> status(long batch) {
      return rows("select * from batch_status where batch_no = " + batch).get(0);
    }

    private List<Object> items(long batch, String column) {
      return rows(
              "select * from batch_item_status where batch_no = " + batch + " order by item_index")
          .stream()
          .map(row -> row.get(column))
          .toList();
    }

    private static long number(Object value) {
      return ((Number) value).longValue();
    }

    @Test
    @DisplayName("REQ-D2 the view has every column that was asked for")
    void haveTheirColumns() {
      long batch = submit(1);

      assertThat(status(batch).keySet())
          .containsExactly(
              ("batch_no batch_id type tenant submitted_by name created_at state total succeeded failed"
                      + " skipped cancelled in_progress queued retrying deferred permanent_failures"
                      + " max_retries error_messages latest_error_at started_at ended_at"
                      + " processing_hours error_rate computed_state top_error_types waits_for")
                  .split(" ", -1));
    }

    @Test
    @DisplayName("REQ-M17 the view has for how many batches a batch waits")
    void haveForHowManyBatchesItWaits() {
      NewBatch other = NewBatches.any().build();
      submit(other, NewBatches.items(1));
      long waiting = submit(NewBatches.any().after(other.id()), 1);

      assertThat(number(status(waiting).get("waits_for"))).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("REQ-D2 the view counts as the API does, in every state")
    void countAsTheApiDoes(BatchState state) {
      long batch = inState(state);
      Map<String, Object> row = status(batch);
      BatchCounts counts = job(batch).counts();

      assertThat(row).containsEntry("state", state.name());
      assertThat(number(row.get("total"))).isEqualTo(counts.total());
      assertThat(number(row.get("queued"))).isEqualTo(counts.pending());
      assertThat(number(row.get("in_progress"))).isEqualTo(counts.running());
      assertThat(number(row.get("retrying"))).isEqualTo(counts.retrying());
      assertThat(number(row.get("succeeded"))).isEqualTo(counts.succeeded());
      assertThat(number(row.get("failed"))).isEqualTo(counts.failed());
      assertThat(number(row.get("permanent_failures"))).isEqualTo(counts.failed());
      assertThat(number(row.get("cancelled"))).isEqualTo(counts.cancelled());
      assertThat(((Number) row.get("error_rate")).doubleValue()).isEqualTo(counts.failureRate());
      List<String> states =
          store.reading().items(header(batch), ItemQuery.all()).items().stream()
              .map(item -> item.state().name())
              .toList();
      if (state != BatchState.SUBMITTING) {
        assertThat(items(batch, "state")).isEqualTo(states);
      }
    }

    @Test
    @DisplayName("REQ-D2 the view sums up errors and retries")
    void sumUpErrors() {
      long batch = submit(5);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(5);
      ItemError timeout = ItemError.of(1, "TIMEOUT", "took too long", now());
      ItemError refused = ItemError.of(1, "REFUSED", "says \"no\"", now());
      session.settle(
          SettlementDraft.of()
              .failed(batch, 0, timeout)
              .failed(batch, 1, timeout)
              .failed(batch, 2, refused)
              .failure(batch, 3, refused)
              .parked(batch, 3, LATER));
      Map<String, Object> row = status(batch);

      assertThat(row.get("error_messages")).isEqualTo("says \"no\"; took too long");
      assertThat(row.get("top_error_types").toString().replace(" ", ""))
          .isEqualTo("[{\"type\":\"REFUSED\",\"count\":2},{\"type\":\"TIMEOUT\",\"count\":2}]");
      assertThat(row.get("latest_error_at")).isNotNull();
      assertThat(number(row.get("max_retries"))).isZero();
      assertThat(row).containsEntry("computed_state", "RUNNING");

      pass(LATER);
      session.settle(
          SettlementDraft.of()
              .outcome(session.claimRetry(), ItemState.SUCCEEDED)
              .succeeded(batch, 4)
              .removed(chunk));
      completeIfDone(batch);
      assertThat(number(status(batch).get("max_retries"))).isEqualTo(1);
      assertThat(status(batch)).containsEntry("computed_state", "COMPLETED");
      assertThat(items(batch, "error_type"))
          .containsExactly("TIMEOUT", "TIMEOUT", "REFUSED", "REFUSED", null);
    }

    @Test
    void leaveOutWhatABatchWithoutErrorsLacks() {
      long batch = submit(1);
      Map<String, Object> row = status(batch);

      assertThat(row).containsEntry("computed_state", "PENDING");
      assertThat(row.get("error_messages")).isNull();
      assertThat(row.get("top_error_types")).isNull();
      assertThat(row.get("latest_error_at")).isNull();
      assertThat(row.get("processing_hours")).isNull();
    }

    @Test
    void callABatchPendingUntilItsItemsAreCopied() {
      BatchId source = job(ended(3, 1)).id();
      Fill failed = new Fill(source, Fill.Part.INPUT, Set.of(ItemState.FAILED), null, 100);
      long batch = submit(NewBatches.any().fill(failed).build(), List.of());

      assertThat(status(batch)).containsEntry("computed_state", "PENDING");
    }

    @Test
    void showItemsAsTheApiDoes() {
      long batch = ended(3, 1);
      List<BatchItem<String, String>> items =
          store.reading().items(header(batch), ItemQuery.all()).items();

      assertThat(items(batch, "input")).isEqualTo(items.stream().map(BatchItem::input).toList());
      assertThat(items(batch, "attempts")).containsExactly(1, 1, 1);
      assertThat(items(batch, "duration_seconds")).containsExactly(0.001, 0.001, 0.001);
      assertThat(items(batch, "error_message")).containsExactly(null, "no", null);
    }

    @Test
    void answerTheQueriesOfTheirPage() throws IOException {
      long batch = ended(3, 1);
      String page = Files.readString(Path.of("..", "docs", "sql.md"));
      String sql = page.substring(page.indexOf("```sql\n") + 7, page.lastIndexOf("```"));
      List<Integer> found = new ArrayList<>();
      for (String query :
          sql.replace(":batch", "'" + header(batch).id() + "'").split(";\\s*", -1)) {
        if (!query.isBlank()) {
          found.add(rows(query).size());
        }
      }

      assertThat(found).containsExactly(0, 1, 1, 1, 1, 3, 1, 0, 0, 1);
    }

    /** All but those on what PostgreSQL itself says of locks. */
    @Test
    void areAskedWithTablesForABatchThatHangs() throws IOException {
      String id = header(submit(2)).id().toString();
      session();
      String page = Files.readString(Path.of("..", "docs", "observing.md"));
      List<Integer> found =
          Pattern.compile("```sql\\n(.*?)```", Pattern.DOTALL)
              .matcher(page)
              .results()
              .flatMap(fence -> Stream.of(fence.group(1).split(";\\s*")))
              .filter(query -> !query.isBlank() && !query.contains("pg_"))
              .map(query -> rows(query.replace("…", id)).size())
              .toList();

      assertThat(found).containsExactly(1, 1, 1, 0, 1);
    }

    @Test
    void hideWhatIsHidden() {
      long batch = ended(1);
      store.steering().hide(header(batch).id(), null, NewBatches.by("admin"));

      assertThat(rows("select * from batch_status where batch_no = " + batch)).isEmpty();
      assertThat(rows("select * from batch_item_status where batch_no = " + batch)).isEmpty();
    }
  }
}
