package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.NewItem;
import org.batchengine.store.Steered;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No verb fails because a collection is large: H2 takes arrays of up to 65,536 elements. */
abstract class LargeCollectionsContract extends SteeredContract {
  private final String numbers;

  /**
   * On a database.
   *
   * @param numbers the rows {@code x} from 0 to before a parameter
   */
  LargeCollectionsContract(Supplier<JdbcUnderTest> opener, String numbers) {
    super(opener::get);
    this.numbers = numbers;
  }

  private void execute(String sql, Object... arguments) {
    ((JdbcUnderTest) under)
        .jdbi()
        .useHandle(handle -> handle.execute(sql.replace("<numbers>", numbers), arguments));
  }

  private static List<Long> among(long first, int count, long last) {
    return LongStream.concat(
            LongStream.of(first),
            LongStream.concat(
                LongStream.range(1_000_000, 1_000_000 + count - 2), LongStream.of(last)))
        .boxed()
        .toList();
  }

  private static List<String> types(int count) {
    return Stream.concat(
            IntStream.range(1, count).mapToObj(i -> "no-such-" + i), Stream.of("annotate"))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {65_537, 70_000})
  void ofBatchesThatAreLookedUp(int count) {
    long first = inState(BatchState.PAUSED);
    long last = inState(BatchState.PAUSED);
    List<Long> all = among(first, count, last);

    assertThat(store.claiming().headers(all))
        .extracting(BatchHeader::number)
        .containsExactly(first, last);
    assertThat(store.steering().steered(all))
        .extracting(Steered::batch)
        .containsExactly(first, last);
    assertThat(store.settling().completeIfDone(all)).isEmpty();
    assertThat(store.claiming().markRunning(all.subList(1, count - 1))).isEmpty();
    assertThat(store.sweeping().unsettled(all)).isEmpty();
    List<ClaimedItem> items =
        all.stream().map(each -> new ClaimedItem(each, "annotate", 0, 1, 0, false)).toList();
    assertThat(store.claiming().load(items)).hasSize(2);
    List<BatchId> ids = new ArrayList<>(List.of(header(first).id()));
    IntStream.range(0, count - 2).forEach(i -> ids.add(BatchId.of(new UUID(7, i))));
    ids.add(header(last).id());
    assertThat(store.reading().states(ids)).hasSize(2);
    assertThat(store.reading().find(ids)).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {65_537, 70_000})
  void ofTypes(int count) {
    long batch = suspects(1);
    long sequential = submit(NewBatches.any().sequential(), 1);
    List<String> types = types(count);
    TestSession session = session();

    assertThat(store.claiming().claimSuspect(session.id(), types, Duration.ZERO).parked())
        .hasSize(1);
    assertThat(store.claiming().claimSequential(session.id(), types).chunks()).hasSize(1);
    assertThat(store.claiming().claimSuspect(session.id(), types, Duration.ZERO).isEmpty())
        .isTrue();
    HistoryQuery query = HistoryQuery.all().type(types.toArray(String[]::new));
    assertThat(store.reading().history(query).items()).containsExactly(job(sequential), job(batch));
  }

  /** One size only: the rows must be there. */
  @Test
  @DisplayName("claims of all retries that are due, their load and their cancel")
  void ofRetries() {
    int count = 65_537;
    long batch = parked(count);
    TestSession session = session();
    List<ClaimedItem> claimed = new ArrayList<>();
    while (claimed.size() < count) {
      Claim claim = session.claim(2 * count); // up to half of a claim are retries
      assertThat(claim.parked().size()).isBetween(1, 2_000); // one turn to write
      claimed.addAll(claim.parked());
      assertThat(claim.more()).isEqualTo(claimed.size() < count);
    }

    assertThat(store.claiming().load(claimed).size()).isEqualTo(count);
    store.sessions().release(session.id());
    cancel(batch);
    assertThat(store.sweeping().cancelUnowned(batch, count)).isFalse();
    assertThat(end(batch).counts().cancelled()).isEqualTo(count);
    for (String table : List.of("job", "item", "outcome", "error", "event")) {
      execute("truncate table batch_" + table); // to look at all that would take long
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {65_537, 70_000})
  void ofKeysThatAreTaken(int count) {
    TestSession session = session();
    long batch = number(store.submitting().begin(NewBatches.any().build(), session.id()));
    store.submitting().append(batch, session.id(), List.of(new NewItem("key-1", "first")));
    List<NewItem> page =
        IntStream.rangeClosed(1, count)
            .mapToObj(i -> new NewItem("key-" + (count + 1 - i), null))
            .toList();

    assertThatThrownBy(() -> store.submitting().append(batch, session.id(), page))
        .hasMessageContaining("item " + count + " is invalid")
        .hasMessageContaining("DUPLICATE_KEY");
    store.submitting().abandon(batch, session.id());
  }

  /** A batch of items that have all failed once and are due again. */
  private long parked(int count) {
    long batch = park(1);
    execute(
        """
        insert into batch_item (item_id, input)
        select cast(? as bigint) + x, 'input' from <numbers>
        """,
        ItemIds.of(batch, 1),
        count - 1);
    execute(
        """
        insert into batch_parked (item_id, batch_no, kind, attempts, due_at, type, tenant, priority)
        select p.item_id + 1 + x, p.batch_no, p.kind, p.attempts, p.due_at, p.type, p.tenant, p.priority
        from batch_parked p, <numbers>
        """,
        count - 1);
    execute("update batch_job set total = ? where batch_no = ?", count, batch);
    execute("analyze");
    return batch;
  }
}
