package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.tuple;
import static org.batchengine.EngineFixture.ECHO;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.batchengine.feed.AuditQuery;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class FeedTest {
  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final ManualEngine engine =
      world.engine(builder -> builder.register(ECHO, text -> text).node("paris"));

  private static String failing(String text) {
    if (text.equals("bad")) {
      throw new IllegalStateException("bad");
    }
    return text;
  }

  private static List<EventKind> kinds(FeedPage page) {
    return page.events().stream().map(FeedEvent::kind).toList();
  }

  private BatchId ended(Batches batches) {
    BatchId id = batches.submit(ECHO, List.of("a"));
    engine.await(id);
    return id;
  }

  @Nested
  class Feeds {
    @Test
    @DisplayName("REQ-U13 a client that was away catches up")
    void areReadFromAnywhere() {
      BatchId before = ended(engine);
      long position = engine.feed().end();
      BatchId meanwhile = ended(engine);
      FeedPage page = engine.feed().read(position, 2);
      FeedPage next = engine.feed().read(page.position(), 2);

      assertThat(page.events()).extracting(FeedEvent::batchId).containsOnly(meanwhile);
      assertThat(kinds(page)).containsExactly(EventKind.SUBMITTED, EventKind.STARTED);
      assertThat(kinds(next)).containsExactly(EventKind.COMPLETED);
      assertThat(engine.feed().read(0, 10).events().get(0).batchId()).isEqualTo(before);
    }

    @Test
    @DisplayName(
        "REQ-U13 a reader sees each event at least once, and a second one of its name none twice")
    void haveReaders() {
      ended(engine);
      FeedReader reader = engine.feed().reader("mail");
      List<FeedEvent> seen = new ArrayList<>();
      for (FeedPage page = reader.next(2); !page.isEmpty(); page = reader.next(2)) {
        assertThat(reader.next(2)).as("not advanced yet").isEqualTo(page);
        seen.addAll(page.events());
        assertThat(reader.advance(page)).isTrue();
        assertThat(engine.feed().reader("mail").advance(page)).as("once").isFalse();
      }

      assertThat(seen).isEqualTo(engine.feed().read(0, 100).events()).hasSize(3);
      assertThat(engine.feed().reader("another").next(10).events()).hasSize(3);
    }

    @Test
    @DisplayName("a tenant's feed, its readers and its audit are its own")
    void areTheTenantsOwn() {
      BatchId own = ended(engine.forTenant("acme"));
      BatchId other = ended(engine.forTenant("other"));
      Batches view = engine.forTenant("acme");
      FeedReader reader = view.feed().reader("mail");

      assertThat(view.feed().read(0, 10).events()).extracting(FeedEvent::batchId).containsOnly(own);
      assertThat(view.feed().read(0, 10).position()).isEqualTo(6);
      assertThat(reader.advance(reader.next(10))).isTrue();
      assertThat(engine.forTenant("other").feed().reader("mail").next(10).events()).hasSize(3);
      assertThat(view.audit().read(AuditQuery.all()).items()).hasSize(3);
      assertThat(view.audit().read(AuditQuery.all().batch(other)).isEmpty()).isTrue();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> view.audit().read(AuditQuery.all().tenant("other")))
          .withMessageContaining("other");
    }

    @Test
    void refuseWhatCannotBe() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.feed().read(-1, 10))
          .withMessageContaining("position -1");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.feed().read(7, 10))
          .withMessageContaining("position 7");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.feed().read(0, 1_001))
          .withMessageContaining("limit 1001");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.feed().reader(" "))
          .withMessageContaining("name");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.forTenant("acme").feed().reader("batchengine/notify"))
          .withMessageContaining("name \"batchengine/notify\" is reserved");
      BatchFeed feed = engine.feed();
      engine.close();
      assertThatIllegalStateException().isThrownBy(feed::end);
    }

    @Test
    @DisplayName("REQ-U13 events go after their retention, also of batches that are kept")
    void goAfterTheirRetention() {
      var forgetful =
          world.engine(
              builder -> builder.register(ECHO, t -> t).eventRetention(Duration.ofHours(1)));
      BatchId id = forgetful.submit(ECHO, List.of("a"));
      forgetful.await(id);
      world.pass(Duration.ofHours(1));
      forgetful.runUntilIdle();
      assertThat(forgetful.feed().read(0, 10).events()).hasSize(3);
      world.pass(Duration.ofSeconds(10));
      forgetful.runUntilIdle();

      assertThat(forgetful.feed().read(0, 10).isTruncated()).isTrue();
      assertThat(forgetful.feed().read(0, 10).isEmpty()).isTrue();
      assertThat(forgetful.find(id)).isPresent();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> BatchEngine.builder(world.memory).eventRetention(Duration.ZERO))
          .withMessageContaining("eventRetention");
    }
  }

  @Nested
  class Subscriptions {
    private final ManualEngine other =
        world.engine(
            builder ->
                builder
                    .register(
                        ECHO,
                        FeedTest::failing,
                        JobOptions.defaults().concurrency(1).retry(RetryPolicy.none()))
                    .node("rome"));
    private final ManualEngine watching = world.engine(builder -> builder.node("oslo"));
    private final List<String> told = new ArrayList<>();

    private void hear(BatchEvent event) {
      Map<String, Object> map = event.toMap();
      told.add(
          event.toMap().get("event")
              + (event instanceof BatchEvent.ItemFailed failed ? " " + failed.item().index() : "")
              + (map.containsKey("processed") ? " " + map.get("processed") : ""));
    }

    private void aSecondLater() {
      world.pass(Duration.ofSeconds(1));
      watching.runUntilIdle();
    }

    @Test
    @DisplayName(
        "REQ-U13 a subscription begins with the batch as it is, and tells what any node does to it")
    void tellOfAllNodes() {
      BatchId id = other.submit(BatchRequest.of(ECHO, List.of("a", "bad", "c")).priority(9));
      var subscription = watching.feed().subscribe(id, this::hear);
      aSecondLater();
      assertThat(told).containsExactly("PROGRESSED 0");

      other.pause(id, "lunch");
      aSecondLater();
      other.resume(id, "back");
      other.await(id);
      aSecondLater();
      assertThat(told)
          .containsExactly(
              "PROGRESSED 0", "PAUSED 0", "RESUMED 3", "STARTED 3", "ITEM_FAILED 1", "COMPLETED 3");

      told.clear();
      other.retryFailed(id, FailedItems.all(), "mended");
      aSecondLater();
      other.await(id);
      aSecondLater();
      other.delete(id);
      aSecondLater();
      assertThat(told).containsExactly("REOPENED 2", "ITEM_FAILED 1", "COMPLETED 3", "DELETED");

      told.clear();
      subscription.close();
      subscription.close();
      other.submit(ECHO, List.of("a"));
      aSecondLater();
      assertThat(told).isEmpty();
    }

    @Test
    @DisplayName("REQ-U13 a subscription to a query hears of batches that come later")
    void tellOfAllThatMatch() {
      BatchId ended = ended(engine.forTenant("acme"));
      ended(engine.forTenant("other"));
      watching
          .forTenant("acme")
          .feed()
          .subscribe(
              HistoryQuery.all().type("echo"),
              event -> told.add(event.batchId() + " " + event.toMap().get("event")));
      watching.runUntilIdle();
      BatchId later = ended(other.forTenant("acme"));
      ended(other.forTenant("other"));
      aSecondLater();
      assertThat(told)
          .containsExactly(
              ended + " COMPLETED", later + " SUBMITTED", later + " STARTED", later + " COMPLETED");
    }

    @Test
    @DisplayName(
        "REQ-U13 a subscription tells of progress once a second, and of each failed item once")
    void tellOfProgressOnceASecondAndOfFailuresOnce() {
      BatchId id = other.submit(ECHO, List.of("bad", "a", "bad"));
      watching.feed().subscribe(id, this::hear);
      watching.feed().subscribe(HistoryQuery.all().type("unknown"), this::hear);
      watching.runUntilIdle();
      for (int settled = 1; settled <= 3; settled++) {
        while (other.status(id).counts().processed() < settled) {
          other.runOnce();
        }
        aSecondLater();
      }
      other.await(id);
      aSecondLater();
      assertThat(told)
          .containsExactly(
              "PROGRESSED 0",
              "STARTED 1",
              "ITEM_FAILED 0",
              "PROGRESSED 2",
              "ITEM_FAILED 2",
              "PROGRESSED 3",
              "COMPLETED 3");
    }

    @Test
    void refuseWhatCannotBe() {
      BatchId acmes = engine.forTenant("acme").submit(ECHO, List.of("a"));
      assertThatExceptionOfType(BatchNotFoundException.class)
          .isThrownBy(() -> watching.forTenant("other").feed().subscribe(acmes, this::hear));
      for (HistoryQuery query :
          List.of(
              HistoryQuery.all().state(BatchState.RUNNING),
              HistoryQuery.all().offset(1),
              HistoryQuery.all().after("7"))) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> watching.feed().subscribe(query, this::hear))
            .withMessageContaining("leave out");
      }
    }
  }

  @Nested
  class ActingAs {
    private final Batches alice = engine.actingAs("alice");

    private FeedEvent last(BatchId id) {
      return engine.audit().read(AuditQuery.all().batch(id).limit(1)).items().get(0);
    }

    private void isAlices(BatchId id, EventKind kind) {
      assertThat(last(id))
          .extracting(FeedEvent::kind, FeedEvent::actor, FeedEvent::node)
          .containsExactly(kind, "alice", "paris");
    }

    @Test
    @DisplayName(
        "REQ-M22 everything that a person does to a batch has the person's name, and the node")
    void namesWhoeverSteers() {
      BatchId id = alice.submit(ECHO, List.of("a"));
      isAlices(id, EventKind.SUBMITTED);
      alice.pause(id, "lunch");
      isAlices(id, EventKind.PAUSED);
      assertThat(last(id).reason()).isEqualTo("lunch");
      alice.resume(id, "back");
      isAlices(id, EventKind.RESUMED);
      alice.cancel(id, "wrong list");
      isAlices(id, EventKind.CANCELLING);
      engine.await(id);
      assertThat(last(id).actor()).as("the engine").isNull();
      alice.purgePayloads(Duration.ZERO);
      alice.delete(id);
      isAlices(id, EventKind.DELETED);
    }

    @Test
    @DisplayName("REQ-M22 a batch is submitted for the user, unless somebody else is named")
    void submitsForTheUser() {
      BatchId own = alice.submit(ECHO, List.of("a"));
      BatchId bobs = alice.submit(BatchRequest.of(ECHO, List.of("a")).submittedBy("bob"));
      BatchId plain = engine.submit(BatchRequest.of(ECHO, List.of("a")).submittedBy("bob"));

      assertThat(engine.status(own).submittedBy()).contains("alice");
      assertThat(engine.status(bobs).submittedBy()).contains("bob");
      assertThat(last(bobs).actor()).isEqualTo("alice");
      assertThat(last(plain).actor()).isEqualTo("bob");
      assertThat(last(engine.submit(ECHO, List.of("a"))).actor()).isNull();
    }

    @Test
    void combinesWithTenantsInEitherOrder() {
      for (Batches view :
          List.of(alice.forTenant("acme"), engine.forTenant("acme").actingAs("alice"))) {
        BatchId id = view.submit(ECHO, List.of("a"));
        assertThat(engine.status(id).tenant()).isEqualTo("acme");
        isAlices(id, EventKind.SUBMITTED);
      }
    }

    @Test
    void isOneUserAndHasAName() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> alice.actingAs("bob"))
          .withMessageContaining("bob");
      assertThatIllegalArgumentException().isThrownBy(() -> engine.actingAs(" "));
    }

    @Test
    @DisplayName(
        "REQ-M22 whose batches are deleted is taken out of the audit, but not what happened")
    void isForgottenWithTheBatches() {
      BatchId bobs = engine.submit(BatchRequest.of(ECHO, List.of("a")).submittedBy("bob"));
      alice.pause(bobs, "lunch");
      BatchId own = ended(alice);
      engine.deleteSubmittedBy("alice");

      assertThat(engine.audit().read(AuditQuery.all().actor("alice")).isEmpty()).isTrue();
      assertThat(engine.audit().read(AuditQuery.all().batch(bobs).oldestFirst()))
          .extracting(FeedEvent::kind, FeedEvent::actor)
          .containsExactly(tuple(EventKind.SUBMITTED, "bob"), tuple(EventKind.PAUSED, null));
      assertThat(last(own).kind()).isEqualTo(EventKind.DELETED);
    }
  }
}
