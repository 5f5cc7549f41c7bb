package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.batchengine.memory.InMemoryBatchStore;
import org.junit.jupiter.api.Test;

class RegistrationTest {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);
  private static final JobType<String, Void> MAIL = JobType.of("mail", String.class);

  @Test
  void keepsItsType() {
    assertThat(Registration.of(LENGTH, text -> text.length()).type()).isSameAs(LENGTH);
  }

  @Test
  void callsAFunctionPerItem() throws Exception {
    var registration = Registration.of(LENGTH, text -> text.length());

    assertThat(Contexts.callPerItem(registration, "three")).isEqualTo(5);
  }

  @Test
  void callsAProcessorPerItem() throws Exception {
    var registration = Registration.of(LENGTH, (text, context) -> text.length());

    assertThat(Contexts.callPerItem(registration, "three")).isEqualTo(5);
  }

  @Test
  void callsAnActionPerItemAndYieldsNothing() throws Exception {
    var sent = new ArrayList<String>();
    var registration = Registration.action(MAIL, sent::add);

    assertThat(Contexts.callPerItem(registration, "hello")).isNull();
    assertThat(sent).containsExactly("hello");
  }

  @Test
  void callsABulkProcessorPerChunk() {
    BatchProcessor<String, Integer> lengths =
        chunk -> chunk.forEach(item -> item.succeed(item.input().length()));

    assertThat(Registration.bulk(LENGTH, lengths).processor())
        .isEqualTo(new Processor.PerChunk<>(lengths));
  }

  @Test
  void callsATransactionalProcessorWithItsTransaction() throws Exception {
    var registration =
        Registration.transactional(
            LENGTH, StringBuilder.class, (text, written, context) -> written.append(text).length());
    var transaction = new StringBuilder("before ");

    assertThat(Contexts.callPerTransaction(registration, "three", transaction)).isEqualTo(12);
    assertThat(transaction).hasToString("before three");
  }

  @Test
  void boundsTheItemsOfACallByItsProcessor() {
    var perItem = Registration.of(LENGTH, text -> text.length());
    var perChunk = Registration.bulk(LENGTH, chunk -> {});
    var perTransaction =
        Registration.transactional(LENGTH, StringBuilder.class, (text, written, context) -> 0);
    var perChunkTransaction =
        Registration.bulkTransactional(LENGTH, StringBuilder.class, (chunk, written) -> {});

    assertThat(Stream.of(perItem, perChunk, perTransaction, perChunkTransaction))
        .extracting(each -> each.settings().mostPerCall())
        .containsExactly(1, 10_000, 50, 10_000);
  }

  @Test
  void keepsTheKindOfItsTransaction() {
    var registration =
        Registration.transactional(LENGTH, StringBuilder.class, (text, written, context) -> 0);

    assertThat(registration.processor())
        .isInstanceOfSatisfying(
            Processor.PerTransaction.class,
            processor -> assertThat(processor.kind()).isEqualTo(StringBuilder.class));
  }

  @Test
  void callsABulkProcessorWithItsTransaction() {
    BulkTransactionalProcessor<String, Integer, Appendable> lengths = (chunk, written) -> {};

    assertThat(
            Registration.bulkTransactional(LENGTH, StringBuilder.class, lengths)
                .processor()
                .transaction())
        .isEqualTo(StringBuilder.class);
  }

  @Test
  void leavesItsOptionsUnsetUnlessTheyAreGiven() {
    var fallback = JobOptions.defaults().chunkSize(7);

    assertThat(Registration.of(LENGTH, text -> 0).options().orElse(fallback).chunkSize())
        .isEqualTo(7);
  }

  @Test
  void isCopiedWithOtherOptions() {
    var plain = Registration.of(LENGTH, text -> 0);

    var gentle = plain.with(JobOptions.defaults().concurrency(2));

    assertThat(gentle.options().concurrency()).isEqualTo(2);
    assertThat(gentle.processor()).isSameAs(plain.processor());
    assertThat(gentle.type()).isSameAs(LENGTH);
    assertThat(plain.options().concurrency()).isNotEqualTo(2);
  }

  @Test
  void sharesWhatAStoreCanHaveInTransactionsIfNothingElseIsAskedFor() {
    var builder =
        BatchEngine.builder(new InMemoryBatchStore())
            .register(MAIL, text -> null)
            .registerTransactional(LENGTH, Object.class, (text, none, context) -> 0);
    var other = JobType.of("other", String.class, Integer.class);
    var asked = JobType.of("asked", String.class, Integer.class);
    builder.registerTransactional(other, Object.class, (text, none, context) -> 0);
    builder.registerTransactional(
        asked, Object.class, (text, none, context) -> 0, JobOptions.defaults().concurrency(3));

    var config = builder.config();

    assertThat(config.leastTransactions()).isEqualTo(5);
    assertThat(concurrency(config.within(8))).containsExactly(2, 2, 3);
    assertThat(concurrency(config.within(5))).containsExactly(1, 1, 3);
    assertThat(concurrency(config.within(config.mostTransactions())))
        .isEqualTo(concurrency(config));
    assertThat(config.within(8).registrations().get("mail"))
        .isSameAs(config.registrations().get("mail"));
  }

  private static List<Integer> concurrency(EngineConfig config) {
    return config.registrations().values().stream()
        .filter(each -> each.processor().transaction() != null)
        .map(each -> each.options().concurrency())
        .toList();
  }

  @Test
  void refusesNull() {
    assertThatNullPointerException()
        .isThrownBy(() -> Registration.of(null, text -> 0))
        .withMessage("type");
    assertThatNullPointerException()
        .isThrownBy(() -> Registration.of(LENGTH, (ItemFunction<String, Integer>) null))
        .withMessage("processor");
    assertThatNullPointerException()
        .isThrownBy(() -> Registration.action(MAIL, null))
        .withMessage("action");
    assertThatNullPointerException()
        .isThrownBy(() -> Registration.bulk(LENGTH, null))
        .withMessage("processor");
    assertThatNullPointerException()
        .isThrownBy(() -> Registration.transactional(LENGTH, null, (text, kind, context) -> 0))
        .withMessage("kind");
    assertThatNullPointerException()
        .isThrownBy(() -> Registration.transactional(LENGTH, Object.class, null))
        .withMessage("processor");
    assertThatNullPointerException()
        .isThrownBy(() -> Registration.bulkTransactional(LENGTH, null, (chunk, written) -> {}))
        .withMessage("kind");
    assertThatNullPointerException()
        .isThrownBy(() -> Registration.bulkTransactional(LENGTH, Object.class, null))
        .withMessage("processor");
    assertThatNullPointerException()
        .isThrownBy(() -> Registration.of(LENGTH, text -> 0).with(null))
        .withMessage("options");
  }

  @Test
  void fitsAListWithOthers() {
    List<Registration<?, ?>> all =
        List.of(Registration.of(LENGTH, String::length), Registration.action(MAIL, text -> {}));

    assertThat(all).extracting(each -> each.type().name()).containsExactly("length", "mail");
  }

  @Test
  void printsTypeAndOptions() {
    assertThat(Registration.of(LENGTH, text -> 0).toString()).contains("length", "chunkSize=50");
  }
}
