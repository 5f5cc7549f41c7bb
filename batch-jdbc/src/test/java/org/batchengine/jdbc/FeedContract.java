package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.batchengine.feed.AuditQuery;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchPage;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.store.Actor;
import org.batchengine.store.NotifiedType;
import org.batchengine.store.ReaderName;
import org.batchengine.store.Steering;
import org.batchengine.store.Submitted;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What happened to batches, as it is read: in order, from anywhere, and by whoever asks. */
abstract class FeedContract extends StoreContract {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Actor ALICE = new Actor("alice", "paris");
  private static final Actor BOB = new Actor("bob", "rome");
  private static final ReaderName READER = ReaderName.of(null, "mail");

  FeedContract(Supplier<? extends StoreUnderTest> opener) {
    super(opener::get);
  }

  private FeedPage read(long position, int limit) {
    return store.feed().read(position, limit, null);
  }

  private List<FeedEvent> all() {
    return read(0, 1_000).events();
  }

  private BatchId ended(NewBatches batch) {
    long number = submit(batch, 1);
    TestSession session = session();
    var chunk = session.claimChunk(1);
    store.claiming().markRunning(List.of(number));
    session.finish(chunk);
    completeIfDone(number);
    return job(number).id();
  }

  private Steering steering(BatchId id, Actor by) {
    return new Steering(id, null, by, "because");
  }

  @Nested
  class Reads {
    @Test
    @DisplayName("REQ-U13 each event once and in order, and goes on where it stopped")
    void inOrder() {
      BatchId first = ended(NewBatches.any().tenant("acme"));
      FeedPage page = read(0, 2);
      FeedPage next = read(page.position(), 2);

      assertThat(page.events())
          .extracting(FeedEvent::position, FeedEvent::kind, FeedEvent::batchId)
          .containsExactly(
              tuple(1L, EventKind.SUBMITTED, first), tuple(2L, EventKind.STARTED, first));
      assertThat(next.events())
          .extracting(FeedEvent::position, FeedEvent::kind, FeedEvent::tenant, FeedEvent::type)
          .containsExactly(tuple(3L, EventKind.COMPLETED, "acme", "annotate"));
      assertThat(next).isEqualTo(new FeedPage(next.events(), 2, 3, false));
      assertThat(read(3, 2)).isEqualTo(new FeedPage(List.of(), 3, 3, false));
      assertThat(next.events().get(0).happenedAt()).isEqualTo(now());
      assertThat(store.feed().end()).isEqualTo(3);
    }

    @Test
    void whatHappensLater() {
      assertThat(store.feed().end()).isZero();
      ended(NewBatches.any());
      long end = store.feed().end();
      BatchId second = ended(NewBatches.any());

      assertThat(read(end, 10).events()).extracting(FeedEvent::batchId).containsOnly(second);
      assertThat(read(end, 10).position()).isEqualTo(6);
    }

    @Test
    void theRunOfEachEvent() {
      long batch = failed();
      store.steering().retryFailed(steering(job(batch).id(), ALICE), FailedItems.all());

      assertThat(all())
          .extracting(FeedEvent::kind, FeedEvent::run)
          .contains(tuple(EventKind.COMPLETED, 1), tuple(EventKind.REOPENED, 2));
    }

    private long failed() {
      long batch = submit(1);
      TestSession session = session();
      session.settle(
          SettlementDraft.of().failed(batch, 0, error(1, "no")).removed(session.claimChunk(1)));
      completeIfDone(batch);
      return batch;
    }

    @Test
    @DisplayName("a tenant's view has its own alone, and moves past the others")
    void aTenantsOwn() {
      BatchId own = ended(NewBatches.any().tenant("acme"));
      ended(NewBatches.any().tenant("other"));

      FeedPage page = store.feed().read(0, 2, "acme");
      FeedPage next = store.feed().read(page.position(), 2, "acme");
      assertThat(page.position()).isEqualTo(2);
      assertThat(next.events())
          .extracting(FeedEvent::position, FeedEvent::batchId)
          .containsExactly(tuple(3L, own));
      assertThat(next.position()).isEqualTo(6);
    }

    @Test
    void refuseAPositionThatIsStillToCome() {
      ended(NewBatches.any());

      assertThatIllegalArgumentException()
          .isThrownBy(() -> read(4, 10))
          .withMessageContaining("position 4 is beyond the last one, 3");
    }

    @Test
    @DisplayName("REQ-U13 positions have no gaps and no doubles, however many read at once")
    void numberedOnceByMany() {
      for (int round = 0; round < 5; round++) {
        IntStream.range(0, 20).forEach(i -> submit(1));
        long before = round * 20L;
        Callable<List<FeedEvent>> read = () -> read(before, 100).events();
        List<List<FeedEvent>> seen = Concurrently.call(Collections.nCopies(4, read));

        assertThat(all())
            .extracting(FeedEvent::position)
            .containsExactlyElementsOf(LongStream.rangeClosed(1, before + 20).boxed().toList());
        assertThat(all().stream().map(FeedEvent::batchId)).doesNotHaveDuplicates();
        seen.forEach(
            events ->
                assertThat(all().subList((int) before, all().size()))
                    .startsWith(events.toArray(FeedEvent[]::new)));
      }
    }
  }

  @Nested
  class Readers {
    @Test
    @DisplayName(
        "REQ-U13 a reader goes on where it has come to, and reads again what it did not say it saw")
    void goOn() {
      ended(NewBatches.any());
      assertThat(store.feed().position(READER)).isEmpty();
      assertThat(store.feed().advance(READER, 0, 2)).isTrue();
      assertThat(store.feed().position(READER)).hasValue(2);
      assertThat(store.feed().advance(READER, 2, 3)).isTrue();
      assertThat(store.feed().position(READER)).hasValue(3);
    }

    @Test
    @DisplayName("REQ-U13 a position that has moved is not moved back")
    void areComparedAndSet() {
      store.feed().advance(READER, 0, 2);

      assertThat(store.feed().advance(READER, 0, 1)).isFalse();
      assertThat(store.feed().advance(READER, 1, 3)).isFalse();
      assertThat(store.feed().position(READER)).hasValue(2);
    }

    @Test
    void ofOneNameAdvanceOnce() {
      for (long from = 0; from < 5; from++) {
        long here = from;
        Callable<Boolean> advance = () -> store.feed().advance(READER, here, here + 1);

        assertThat(Concurrently.call(Collections.nCopies(4, advance)))
            .containsExactlyInAnyOrder(true, false, false, false);
      }
    }

    @Test
    @DisplayName("readers of two tenants may have one name")
    void areTheTenantsOwn() {
      store.feed().advance(READER, 0, 2);
      store.feed().advance(ReaderName.of("acme", "mail"), 0, 1);

      assertThat(store.feed().position(ReaderName.of("acme", "mail"))).hasValue(1);
      assertThat(store.feed().position(ReaderName.of("other", "mail"))).isEmpty();
      assertThat(store.feed().position(READER)).hasValue(2);
    }
  }

  @Nested
  class ReadersThatBegin {
    @Test
    @DisplayName("REQ-M18 begin at the last position that was given, and give none")
    void atTheEnd() {
      ended(NewBatches.any());
      store.feed().begin(READER);
      assertThat(store.feed().position(READER)).as("none was given").hasValue(0);
      assertThat(store.feed().end()).isEqualTo(3);
      ended(NewBatches.any());
      ReaderName later = ReaderName.of("acme", "mail");
      store.feed().begin(later);

      assertThat(store.feed().position(later)).hasValue(3);
      assertThat(store.feed().advance(later, 3, 4)).isTrue();
    }

    @Test
    void stayWhereTheyAreIfTheyHaveBegun() {
      store.feed().advance(READER, 0, 2);
      store.feed().begin(READER);
      assertThat(store.feed().position(READER)).hasValue(2);
      store.feed().end();
      Callable<Boolean> begin =
          () -> {
            store.feed().begin(ReaderName.NOTIFIER);
            return true;
          };
      Concurrently.call(Collections.nCopies(4, begin));

      assertThat(store.feed().position(ReaderName.NOTIFIER)).hasValue(0);
    }

    @Test
    @DisplayName("REQ-M18 who is told of its end is stored with the batch, until that is deleted")
    void knowWhoIsTold() {
      String types =
          NotifiedType.toText(
              List.of(
                  new NotifiedType("hook", null, "text/Void"),
                  new NotifiedType("mail", "usd,tokens", "own/format of mail")));
      BatchId told = ended(NewBatches.any().notified(types));
      BatchId untold = ended(NewBatches.any());
      BatchId deleted = ended(NewBatches.any().notified(types));
      store.steering().hide(deleted, null, ALICE);

      assertThat(store.reading().notified(List.of(told, untold, deleted, UNKNOWN)))
          .containsOnly(Map.entry(told, types));
      assertThat(NotifiedType.parse(types).get(1))
          .isEqualTo(new NotifiedType("mail", "usd,tokens", "own/format of mail"));
      assertThat(store.reading().find(told, null).orElseThrow().notifies())
          .containsExactly("hook", "mail");
      assertThat(store.reading().find(untold, null).orElseThrow().notifies()).isEmpty();
    }

    @Test
    @DisplayName("REQ-M18 what is told has a key, so it is submitted once, however many try")
    void tellOnce() {
      Callable<Submitted> tell =
          () ->
              store
                  .submitting()
                  .submitBriefly(
                      NewBatches.any().idempotencyKey("notify/hook/1").build(),
                      NewBatches.items(1));

      assertThat(Concurrently.call(Collections.nCopies(4, tell)))
          .filteredOn(answer -> answer instanceof Submitted.Created)
          .hasSize(1);
      assertThat(store.reading().history(HistoryQuery.all()).items()).hasSize(1);
    }
  }

  @Nested
  class Retention {
    @Test
    @DisplayName("REQ-M22 events outlive their batch")
    void keepsWhatHappenedToBatchesThatAreGone() {
      BatchId id = ended(NewBatches.any().tenant("acme"));
      store.steering().hide(id, null, ALICE);
      store.sweeping().removeHidden(100);
      FeedEvent last = all().get(3);

      assertThat(last)
          .isEqualTo(
              new FeedEvent(
                  4,
                  EventKind.DELETED,
                  id,
                  "acme",
                  "annotate",
                  1,
                  "alice",
                  "paris",
                  null,
                  null,
                  now()));
    }

    @Test
    @DisplayName("REQ-U13 events go by age, the first ones first, also if nobody has read them")
    void goesByAge() {
      ended(NewBatches.any());
      clock.advance(DAY);
      ended(NewBatches.any());

      assertThat(store.feed().removeEvents(DAY, 100)).isFalse();
      assertThat(read(3, 10).events()).hasSize(3);
      clock.advance(Duration.ofSeconds(1));
      assertThat(store.feed().removeEvents(DAY, 2)).isTrue();
      assertThat(store.feed().removeEvents(DAY, 2)).isFalse();
      assertThat(all()).extracting(FeedEvent::position).containsExactly(4L, 5L, 6L);
      assertThat(store.feed().end()).isEqualTo(6);
    }

    @Test
    @DisplayName("REQ-U13 a reader that has missed events is told so")
    void tellsWhoHasMissedSome() {
      ended(NewBatches.any().tenant("acme"));
      clock.advance(DAY.plusSeconds(1));
      store.feed().removeEvents(DAY, 2);

      assertThat(read(1, 10).isTruncated()).isTrue();
      assertThat(store.feed().read(1, 10, "acme").isTruncated()).isTrue();
      assertThat(read(2, 10).isTruncated()).isFalse();
      store.feed().removeEvents(DAY, 2);
      assertThat(read(2, 10)).isEqualTo(new FeedPage(List.of(), 2, 3, true));
      assertThat(read(3, 10).isTruncated()).isFalse();
    }
  }

  @Nested
  class Audits {
    @Test
    @DisplayName("REQ-M22 who did what, on which node, and why")
    void tellWhoAndWhere() {
      long batch = submit(NewBatches.any().submittedBy("carol"), 1);
      BatchId id = job(batch).id();
      store.steering().pause(steering(id, ALICE));
      store.steering().resume(steering(id, BOB));
      store.steering().pauseAtOnce(batch, "rome", "a duplicate");
      store.steering().cancel(steering(id, ALICE), CancelMode.GRACEFUL);
      store.sweeping().cancelUnowned(batch, 10);
      completeIfDone(batch);
      store.sweeping().purgePayloads(Duration.ofDays(-1), null, BOB, 10);

      assertThat(all())
          .extracting(FeedEvent::kind, FeedEvent::actor, FeedEvent::node, FeedEvent::reason)
          .containsExactly(
              tuple(EventKind.SUBMITTED, "carol", "paris", null),
              tuple(EventKind.PAUSED, "alice", "paris", "because"),
              tuple(EventKind.RESUMED, "bob", "rome", "because"),
              tuple(EventKind.PAUSED, null, "rome", "a duplicate"),
              tuple(EventKind.CANCELLING, "alice", "paris", "because"),
              tuple(EventKind.CANCELLED, null, null, "because"),
              tuple(EventKind.PURGED, "bob", "rome", null));
    }

    @Test
    @DisplayName("REQ-M22 by batch, tenant, actor, kind and time")
    void areAskedFor() {
      BatchId first = ended(NewBatches.any().tenant("acme").submittedBy("alice"));
      clock.advance(DAY);
      BatchId second = ended(NewBatches.any().tenant("other").submittedBy("bob"));
      store.steering().hide(first, null, BOB);
      store.sweeping().removeHidden(100);

      assertThat(found(AuditQuery.all())).containsExactly(7L, 6L, 5L, 4L, 3L, 2L, 1L);
      assertThat(found(AuditQuery.all().batch(first))).containsExactly(7L, 3L, 2L, 1L);
      assertThat(found(AuditQuery.all().batch(second).oldestFirst())).containsExactly(4L, 5L, 6L);
      assertThat(found(AuditQuery.all().tenant("acme"))).containsExactly(7L, 3L, 2L, 1L);
      assertThat(found(AuditQuery.all().actor("bob"))).containsExactly(7L, 4L);
      assertThat(found(AuditQuery.all().kind(EventKind.STARTED, EventKind.DELETED)))
          .containsExactly(7L, 5L, 2L);
      assertThat(found(AuditQuery.all().from(START.plus(DAY)))).containsExactly(7L, 6L, 5L, 4L);
      assertThat(found(AuditQuery.all().to(START.plus(DAY)))).containsExactly(3L, 2L, 1L);
      assertThat(found(AuditQuery.all().actor("bob").tenant("acme").kind(EventKind.STARTED)))
          .isEmpty();
    }

    private List<Long> found(AuditQuery query) {
      return store.feed().audit(query).items().stream().map(FeedEvent::position).toList();
    }

    @Test
    void haveAllPagesInBothOrders() {
      ended(NewBatches.any());
      ended(NewBatches.any());
      AuditQuery query = AuditQuery.all().limit(4);

      assertThat(pages(query)).containsExactly(6L, 5L, 4L, 3L, 2L, 1L);
      assertThat(pages(query.oldestFirst())).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    }

    private List<Long> pages(AuditQuery query) {
      List<Long> positions = new ArrayList<>();
      Optional<String> cursor = Optional.empty();
      do {
        BatchPage<FeedEvent> page = store.feed().audit(cursor.map(query::after).orElse(query));
        assertThat(page.items()).hasSizeLessThanOrEqualTo(4);
        page.forEach(event -> positions.add(event.position()));
        cursor = page.next();
      } while (cursor.isPresent());
      return positions;
    }

    @Test
    @DisplayName("REQ-M22 a user's name can be taken out of what happened")
    void forget() {
      ended(NewBatches.any().tenant("acme").submittedBy("alice"));
      store.feed().end();
      submit(NewBatches.any().tenant("other").submittedBy("alice"), 1);
      submit(NewBatches.any().tenant("other").submittedBy("bob"), 1);

      assertThat(store.feed().forget("alice", "other", 10)).isEqualTo(1);
      assertThat(found(AuditQuery.all().actor("alice"))).containsExactly(1L);
      assertThat(store.feed().forget("alice", null, 10)).isEqualTo(1);
      assertThat(store.feed().forget("alice", null, 10)).isZero();
      assertThat(found(AuditQuery.all().actor("alice"))).isEmpty();
      assertThat(found(AuditQuery.all().actor("bob"))).hasSize(1);
      assertThat(all()).hasSize(5);
    }
  }
}
