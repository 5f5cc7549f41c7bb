package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.ItemQuery;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.StoredInput;
import org.batchengine.store.Submitted;
import org.batchengine.store.Submitted.Created;
import org.batchengine.store.Submitted.IdTaken;
import org.batchengine.store.Submitted.KeyTaken;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A batch is submitted in one step, and comes back as it was given. */
abstract class SubmitContract extends StoreContract {

  SubmitContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Submit {
    @Test
    @DisplayName("REQ-B1 REQ-M3 a batch is kept with all that was said of it")
    void keepsTheBatch() {
      NewBatch batch =
          NewBatches.any()
              .tenant("acme")
              .submittedBy("alice")
              .name("Invoices")
              .description("of November")
              .idempotencyKey("key-1")
              .priority(8)
              .metadata("{\"month\":11}")
              .timeout(Duration.ofMillis(1_500))
              .chunkSize(7)
              .startAt(now().plusSeconds(60))
              .build();
      submit(batch, NewBatches.items(3));

      BatchJob job = job(batch.id());
      assertThat(job)
          .isEqualTo(
              BatchJob.builder(batch.id(), "annotate")
                  .tenant("acme")
                  .submittedBy("alice")
                  .name("Invoices")
                  .description("of November")
                  .idempotencyKey("key-1")
                  .priority(8)
                  .metadata("{\"month\":11}")
                  .timeout(Duration.ofMillis(1_500))
                  .chunkSize(7)
                  .startAt(now().plusSeconds(60))
                  .state(BatchState.PENDING)
                  .counts(new BatchCounts(3, 3, 0, 0, 0, 0, 0, 0, 0))
                  .createdAt(now())
                  .updatedAt(now())
                  .asOf(now())
                  .build());
    }

    @Test
    @DisplayName("REQ-B5 items keep their order")
    void keepsTheOrderOfItems() {
      long batch = submit(1_000);

      assertThat(store.reading().items(header(batch), ItemQuery.all().limit(1_000)))
          .extracting(BatchItem::input)
          .containsExactlyElementsOf(
              IntStream.range(0, 1_000).mapToObj(i -> "input-" + i).toList());
    }

    @Test
    @DisplayName("REQ-X1 an empty batch is complete at once, with a progress of 1")
    void completesAnEmptyBatchAtOnce() {
      NewBatch batch = NewBatches.any().build();
      submit(batch, List.of());

      BatchJob job = job(batch.id());
      assertThat(job.state()).isEqualTo(BatchState.COMPLETED);
      assertThat(job.endedAt()).contains(now());
      assertThat(job.counts().total()).isZero();
      assertThat(job.progress()).isEqualTo(1);
    }

    @Test
    void refusesAKeyThatTheTenantHas() {
      submit(NewBatches.any().idempotencyKey("key"), 1);

      assertThat(
              store.submitting().submit(NewBatches.any().idempotencyKey("key").build(), List.of()))
          .isEqualTo(new KeyTaken());
      assertThat(store.reading().history(HistoryQuery.all()).items()).hasSize(1);
    }

    @Test
    void takesTheKeyOfAnotherTenant() {
      submit(NewBatches.any().tenant("acme").idempotencyKey("key"), 1);
      submit(NewBatches.any().tenant("globex").idempotencyKey("key"), 1);

      assertThat(store.reading().findByKey("acme", "key")).isPresent();
      assertThat(store.reading().findByKey("globex", "key")).isPresent();
    }

    @Test
    @DisplayName("REQ-U2 a given id is taken once")
    void refusesAnIdThatExists() {
      NewBatch first = NewBatches.any().build();
      submit(first, NewBatches.items(1));

      assertThat(
              store.submitting().submit(NewBatches.withId(first.id()).build(), NewBatches.items(2)))
          .isEqualTo(new IdTaken());
      assertThat(job(first.id()).counts().total()).isEqualTo(1);
    }

    @Test
    void saysOfTheSameBatchSubmittedAgainThatItsKeyIsTaken() {
      NewBatch batch = NewBatches.any().idempotencyKey("key").build();
      submit(batch, NewBatches.items(1));

      assertThat(store.submitting().submit(batch, NewBatches.items(1))).isEqualTo(new KeyTaken());
    }

    @Test
    void leavesTheKeyFreeWhenTheIdIsTaken() {
      NewBatch first = NewBatches.any().build();
      submit(first, NewBatches.items(1));
      store
          .submitting()
          .submit(NewBatches.withId(first.id()).idempotencyKey("key").build(), List.of());

      assertThat(store.reading().findByKey("default", "key")).isEmpty();
      submit(NewBatches.any().idempotencyKey("key"), 1);
    }

    @Test
    @DisplayName("REQ-B3 an item's key is unique in its batch")
    void refusesAKeyThatTwoItemsHave() {
      NewBatch batch = NewBatches.any().idempotencyKey("key").build();
      List<NewItem> items =
          List.of(
              new NewItem("a", "1"),
              new NewItem("b", "2"),
              new NewItem("c", "3"),
              new NewItem("b", "4"));

      assertThatExceptionOfType(InvalidItemException.class)
          .isThrownBy(() -> store.submitting().submit(batch, items))
          .satisfies(e -> assertThat(e.index()).isEqualTo(3));
      assertThat(store.reading().find(batch.id(), null)).isEmpty();
      assertThat(store.submitting().submit(batch, List.of())).isInstanceOf(Created.class);
    }

    @Test
    void takesTheSameItemKeysInAnotherBatch() {
      List<NewItem> items = List.of(new NewItem("a", "1"), new NewItem("b", "2"));
      submit(NewBatches.any().build(), items);

      assertThat(store.submitting().submit(NewBatches.any().build(), items))
          .isInstanceOf(Created.class);
    }

    @ParameterizedTest
    @DisplayName("F4 a batch is claimable in min(8, ceil(N / 100)) parts of the same size")
    @CsvSource({"1,1", "100,1", "101,2", "250,3", "800,8", "10007,8"})
    void makesChunks(int items, int chunks) {
      submit(items);
      List<ClaimedChunk> claimed = session().claim(items).chunks();

      assertThat(claimed).hasSize(chunks);
      assertThat(indexes(claimed))
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, items).boxed().toList());
      assertThat(claimed)
          .allSatisfy(
              chunk ->
                  assertThat(chunk.to() - chunk.from())
                      .isBetween(items / chunks - chunks, items / chunks + chunks));
    }

    @Test
    @DisplayName("REQ-M15 nothing is claimed before the batch is due")
    void isNotClaimableBeforeItsTime() {
      long batch = submit(NewBatches.any().startAt(now().plusSeconds(60)), 1);
      TestSession session = session();

      assertThat(session.claim(1).isEmpty()).isTrue();
      assertThat(job(batch).state()).isEqualTo(BatchState.PENDING);
      pass(Duration.ofSeconds(51));
      store.sweeping().repair();
      assertThat(session().claim(1).isEmpty()).isTrue();
      pass(Duration.ofSeconds(9)); // the last sweep but one
      assertThat(session().claim(1).chunks()).hasSize(1);
    }

    @Test
    void isDueAtOnceIfItsTimeHasPassed() {
      submit(NewBatches.any().startAt(now().minusSeconds(60)), 1);

      assertThat(session().claim(1).chunks()).hasSize(1);
    }

    @Test
    @DisplayName("FAULT-X6 of many submits with one key at once, one is kept")
    void keepsOneOfManyWithTheSameKey() {
      List<Callable<Submitted>> submits =
          Collections.nCopies(
              8,
              () ->
                  store
                      .submitting()
                      .submit(
                          NewBatches.any().idempotencyKey("key").build(), NewBatches.items(10)));

      assertThat(Concurrently.call(submits)).filteredOn(Created.class::isInstance).hasSize(1);
      assertThat(store.reading().history(HistoryQuery.all()).items()).hasSize(1);
    }
  }

  @Nested
  class Payloads {
    /** Stores write few items in another way than many. */
    @ParameterizedTest(name = "among {0}")
    @DisplayName("FAULT-B1 inputs and keys come back as they were given")
    @ValueSource(ints = {30, 100})
    void comeBackExactly(int items) {
      List<String> texts = AwkwardTexts.awkward().toList();
      List<NewItem> all = new ArrayList<>(NewBatches.items(items));
      for (int i = 0; i < texts.size(); i++) {
        all.set(i, new NewItem("key" + texts.get(i), texts.get(i)));
      }
      long batch = submit(NewBatches.any().build(), all);

      assertThat(store.claiming().load(session().claimChunk(items)))
          .isEqualTo(
              IntStream.range(0, items)
                  .mapToObj(i -> new StoredInput(batch, i, all.get(i).key(), all.get(i).input()))
                  .toList());
      for (int i = 0; i < texts.size(); i++) {
        BatchItem<String, String> item =
            store.reading().item(header(batch), "key" + texts.get(i)).orElseThrow();
        assertThat(item.index()).isEqualTo(i);
        assertThat(item.input()).isEqualTo(texts.get(i));
      }
    }

    @ParameterizedTest(name = "seed {0}")
    @DisplayName("FAULT-B1 random inputs and keys come back as they were given")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void thatAreRandomComeBackExactly(long seed) {
      Random random = new Random(seed);
      List<NewItem> all =
          IntStream.range(0, 100)
              .mapToObj(
                  i ->
                      new NewItem(
                          random.nextInt(4) == 0 ? null : i + AwkwardTexts.random(random, 90),
                          random.nextInt(8) == 0
                              ? null
                              : AwkwardTexts.random(random, i % 20 == 0 ? 200_000 : 300)))
              .toList();
      long batch = submit(NewBatches.any().build(), all);

      assertThat(store.claiming().load(session().claimChunk(100)))
          .isEqualTo(
              IntStream.range(0, 100)
                  .mapToObj(i -> new StoredInput(batch, i, all.get(i).key(), all.get(i).input()))
                  .toList());
    }

    @Test
    @DisplayName("FAULT-B1 texts of a batch come back as they were given")
    void ofABatchComeBackExactly() {
      for (String text : AwkwardTexts.awkward().toList()) {
        NewBatch batch =
            NewBatches.any()
                .tenant("t" + text)
                .submittedBy("s" + text)
                .name("n" + text)
                .description("d" + text)
                .idempotencyKey("k" + text)
                .metadata("{}" + text)
                .build();
        submit(batch, NewBatches.items(1));
        BatchJob job = store.reading().findByKey("t" + text, "k" + text).orElseThrow();

        assertThat(job.id()).isEqualTo(batch.id());
        assertThat(job.tenant()).isEqualTo("t" + text);
        assertThat(job.submittedBy()).contains("s" + text);
        assertThat(job.name()).contains("n" + text);
        assertThat(job.description()).contains("d" + text);
        assertThat(job.idempotencyKey()).contains("k" + text);
        assertThat(job.metadata()).isEqualTo("{}" + text);
      }
    }

    @ParameterizedTest(name = "among {0}")
    @ValueSource(ints = {3, 100})
    void tellNoInputAndNoKeyFromEmptyOnes(int items) {
      List<NewItem> all = new ArrayList<>(NewBatches.items(items));
      all.set(1, new NewItem(null, null));
      all.set(2, new NewItem("", ""));
      long batch = submit(NewBatches.any().build(), all);

      assertThat(store.claiming().load(session().claimChunk(items)))
          .startsWith(
              new StoredInput(batch, 0, null, "input-0"),
              new StoredInput(batch, 1, null, null),
              new StoredInput(batch, 2, "", ""));
    }

    @Test
    @DisplayName("FAULT-B2 an input of 1 MiB comes back as it was given")
    void mayBeLarge() {
      String large = "0123456789abcdé\n".repeat(1 << 16).substring(0, 1 << 20);
      submit(NewBatches.any().build(), List.of(new NewItem(null, large)));

      assertThat(store.claiming().load(session().claimChunk(1)).get(0).input()).isEqualTo(large);
    }
  }

  @Test
  void numbersOfBatchesAreNeverUsedAgain() {
    NewBatch batch = NewBatches.any().build();
    long first = submit(batch, List.of());
    store.steering().hide(batch.id(), null, NewBatches.by("admin"));
    assertThat(store.sweeping().removeHidden(1_000)).isFalse();

    assertThat(submit(batch, List.of())).isGreaterThan(first);
  }
}
