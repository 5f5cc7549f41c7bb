package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.batchengine.feed.AuditQuery;
import org.batchengine.feed.EventKind;
import org.batchengine.model.BatchId;
import org.batchengine.model.FailedItems;
import org.batchengine.model.InputVersion;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StateChange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Failed items that run again with other inputs, as hosts name them. */
@DisplayName("REQ-M7 corrected inputs of hosts")
class CorrectedInputsTest {
  @RegisterExtension final EngineFixture fixture = new EngineFixture();

  private final List<String> seen = new ArrayList<>();
  private ManualEngine engine;

  @BeforeEach
  void open() {
    engine =
        fixture.engine(
            builder ->
                builder.register(
                    ECHO,
                    (text, context) -> {
                      seen.add(text);
                      return text.startsWith("fixed") ? text : context.fail("E_BAD", "wrong");
                    },
                    JobOptions.defaults().retry(RetryPolicy.none())));
  }

  private BatchId failed(int items) {
    BatchId id = engine.submit(BatchRequest.of(ECHO, texts(items)).keyedBy(text -> text));
    assertThat(engine.await(id).counts().failed()).isEqualTo(items);
    seen.clear();
    return id;
  }

  private StateChange correct(BatchId id, CorrectedInputs<?> corrected) {
    return engine.actingAs("alice").retryFailed(id, corrected, "they were wrong");
  }

  @Test
  void areNamedByKeyOrIndex() {
    BatchId id = failed(4);
    var change =
        correct(
            id, CorrectedInputs.of(ECHO).keyed("item-2", "fixed by key").at(0, "fixed by index"));

    assertThat(change.items()).isEqualTo(2);
    assertThat(engine.await(id).counts().succeeded()).isEqualTo(2);
    assertThat(seen).containsExactlyInAnyOrder("fixed by index", "fixed by key");
    var item = engine.items(ECHO, id, ItemQuery.all()).items().get(2);
    assertThat(item.input()).isEqualTo("fixed by key");
    assertThat(item.originalInput()).isEqualTo("item-2");
    assertThat(item.key()).contains("item-2");
    assertThat(engine.inputs(id, 2))
        .extracting(InputVersion::input)
        .containsExactly("item-2", "fixed by key");
    assertThat(engine.audit().read(AuditQuery.all().batch(id)))
        .anyMatch(event -> event.kind() == EventKind.CORRECTED && "alice".equals(event.actor()));
  }

  @Test
  void areMadeByAFunctionPageByPage() {
    BatchId id = failed(1_500);
    var change =
        correct(id, CorrectedInputs.mapping(ECHO, FailedItems.ofType("E_BAD"), "fixed "::concat));

    assertThat(change.items()).isEqualTo(1_500);
    assertThat(engine.await(id).counts().succeeded()).isEqualTo(1_500);
    assertThat(engine.status(id).run()).isEqualTo(2);
    assertThat(engine.item(id, 1_499).orElseThrow().input()).isEqualTo("fixed item-1499");
  }

  @Test
  @DisplayName("REQ-M7 if a function throws, the pages before stay reopened, as one run")
  void ofAFunctionThatThrowsStayFromThePagesBefore() {
    BatchId id = failed(2_500);
    UnaryOperator<String> throwing =
        text -> {
          if (text.equals("item-2100")) {
            throw new IllegalStateException("the host's own");
          }
          return "fixed " + text;
        };

    assertThatThrownBy(
            () -> correct(id, CorrectedInputs.mapping(ECHO, FailedItems.all(), throwing)))
        .hasMessage("the host's own");
    assertThat(engine.await(id).counts().succeeded()).isEqualTo(2_000);
    assertThat(engine.status(id).run()).isEqualTo(2);
    assertThat(engine.item(id, 1_999).orElseThrow().input()).isEqualTo("fixed item-1999");
    assertThat(engine.item(id, 2_000).orElseThrow().input()).isEqualTo("item-2000");
  }

  @Test
  @DisplayName("REQ-M7 items of earlier pages run while later ones are mapped, in one run")
  void runWhileLaterOnesAreMapped() {
    BatchId id = failed(1_500);
    List<Integer> ran = new ArrayList<>();
    correct(
        id,
        CorrectedInputs.mapping(
            ECHO,
            FailedItems.all(),
            text -> {
              if (text.equals("item-1000")) {
                engine.runUntilIdle();
                ran.add(seen.size());
              }
              return "fixed " + text;
            }));

    assertThat(ran).containsExactly(1_000);
    assertThat(engine.await(id).counts().succeeded()).isEqualTo(1_500);
    assertThat(engine.status(id).run()).isEqualTo(2);
  }

  @Test
  @DisplayName("REQ-M7 a page of a slow function is soon handed over")
  void ofASlowFunctionComeInSmallPages() {
    BatchId id = failed(40);
    EngineParts parts = fixture.parts(new Faults(fixture.memory), builder -> builder);
    var corrected =
        CorrectedInputs.mapping(
            ECHO,
            FailedItems.all(),
            text -> {
              fixture.pass(Duration.ofSeconds(1));
              return "fixed " + text;
            });
    List<Integer> pages = new ArrayList<>();
    corrected
        .pages(parts.config, parts.store.reading().header(id, null).orElseThrow())
        .forEachRemaining(page -> pages.add(page.size()));

    assertThat(pages).containsExactly(15, 15, 10);
  }

  @Test
  void areMadeOfTheLatest() {
    BatchId id = failed(2);
    correct(id, CorrectedInputs.of(ECHO).at(1, "better"));
    engine.await(id);
    correct(id, CorrectedInputs.mapping(ECHO, FailedItems.at(1), "fixed "::concat));
    engine.await(id);

    assertThat(seen).containsExactly("better", "fixed better");
  }

  @Test
  void thatAreWrongChangeNothing() {
    BatchId id = failed(2);
    var none = CorrectedInputs.of(ECHO);

    assertThatThrownBy(() -> correct(id, none.keyed("nobody", "x").at(0, "fixed")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nobody");
    assertThatThrownBy(() -> correct(id, none.at(0, "fixed").at(9, "x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("9");
    assertThatThrownBy(() -> correct(id, none.at(0, "fixed").keyed("item-0", "x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("twice");
    assertThatThrownBy(() -> correct(id, none.at(0, "fixed").at(1, "x".repeat(2_000_000))))
        .isInstanceOf(InvalidItemException.class)
        .hasMessageContaining("maxPayload");
    assertThatThrownBy(() -> correct(id, CorrectedInputs.of(LENGTH).at(0, "x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("echo");
    assertThatThrownBy(() -> none.at(-1, "x")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> none.at(1, "x").at(1, "y"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("twice");
    assertThat(correct(id, none).changed()).isFalse();
    assertThat(engine.status(id).isTerminal()).isTrue();
    assertThat(engine.inputs(id, 0)).hasSize(1);
  }

  @Test
  void countAsTheSameItemsOfARepeatedSubmit() {
    var request = BatchRequest.of(ECHO, texts(2)).keyedBy(text -> text).idempotencyKey("once");
    BatchId id = engine.submit(request);
    engine.await(id);
    correct(id, CorrectedInputs.of(ECHO).at(0, "fixed"));

    assertThat(engine.submitOnce(request).isNew()).isFalse();
  }
}
