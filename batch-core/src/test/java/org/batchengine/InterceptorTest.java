package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.HostTransaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What runs around each call, and options that are set from outside of a registration. */
class InterceptorTest {
  @RegisterExtension final EngineFixture fixture = new EngineFixture();

  private static final JobOptions ONCE = JobOptions.defaults().retry(RetryPolicy.none());

  private final List<String> said = new ArrayList<>();

  private CallInterceptor saying(String name) {
    return call -> {
      said.add(
          "%s %s %d+%d attempt %d"
              .formatted(name, call.type(), call.index(), call.items(), call.attempt()));
      try {
        call.proceed();
        said.add(name + " ended");
      } catch (Exception e) {
        said.add(name + " " + e.getMessage());
        throw e;
      }
    };
  }

  @Test
  void runsAroundEachCallTheFirstOutermost() {
    var engine =
        fixture.engine(
            b ->
                b.interceptor(saying("outer"))
                    .interceptor(saying("inner"))
                    .register(
                        LENGTH,
                        text -> {
                          said.add(text);
                          return text.length();
                        }));
    var id = engine.submit(LENGTH, List.of("one"));

    assertThat(engine.await(id).isSuccess()).isTrue();
    assertThat(engine.item(id, 0).orElseThrow().output()).contains("3");
    assertThat(said)
        .containsExactly(
            "outer length 0+1 attempt 1",
            "inner length 0+1 attempt 1",
            "one",
            "inner ended",
            "outer ended");
  }

  @Test
  void seesAChunkAsOneCall() {
    var engine =
        fixture.engine(
            b ->
                b.interceptor(saying("it"))
                    .registerBulk(LENGTH, chunk -> chunk.forEach(item -> item.succeed(1))));

    assertThat(engine.await(engine.submit(LENGTH, List.of("a", "b", "c"))).isSuccess()).isTrue();
    assertThat(said).containsExactly("it length 0+3 attempt 1", "it ended");
  }

  @Test
  void seesWhatIsThrownButNoVerdict() {
    var engine =
        fixture.engine(
            b ->
                b.interceptor(saying("it"))
                    .register(
                        ECHO,
                        (input, context) -> {
                          if (input.equals("skip")) {
                            return context.skip("not needed");
                          }
                          throw new IllegalStateException("broken");
                        },
                        ONCE));
    var id = engine.submit(ECHO, List.of("skip", "throw"));
    engine.await(id);

    assertThat(EngineFixture.states(engine, id))
        .containsExactly(ItemState.SKIPPED, ItemState.FAILED);
    assertThat(said)
        .containsExactly("it echo 0+1 attempt 1", "it ended", "it echo 1+1 attempt 1", "it broken");
  }

  @Test
  void failsTheAttemptIfItThrowsSwallowsOrForgets() {
    var engine =
        fixture.engine(
            b ->
                b.interceptor(
                        call -> {
                          if (call.index() == 2) {
                            return;
                          }
                          try {
                            call.proceed();
                          } catch (Exception swallowed) {
                            said.add("swallowed");
                          }
                          if (call.index() == 0) {
                            throw new IllegalStateException("afterwards");
                          }
                        })
                    .register(
                        ECHO,
                        input -> {
                          if (input.equals("bad")) {
                            throw new IllegalStateException("bad input");
                          }
                          return input;
                        },
                        ONCE));
    var id = engine.submit(ECHO, List.of("good", "bad", "forgotten"));
    engine.await(id);

    assertThat(List.of(0, 1, 2))
        .extracting(index -> engine.errors(id, index).get(0))
        .extracting(ItemError::message)
        .satisfiesExactly(
            message -> assertThat(message).isEqualTo("afterwards"),
            message -> assertThat(message).isEqualTo("bad input"),
            message -> assertThat(message).endsWith("did not call proceed()"));
  }

  @Test
  void mayCallTheProcessorOnlyOnce() {
    var engine =
        fixture.engine(
            b ->
                b.interceptor(
                        call -> {
                          call.proceed();
                          call.proceed();
                        })
                    .register(ECHO, input -> input, ONCE));
    var id = engine.submit(ECHO, List.of("a"));
    engine.await(id);

    assertThat(engine.errors(id, 0).get(0).message()).startsWith("proceed() was called before");
  }

  @Test
  void optionsOfATypeAreChangedWhoeverRegistersIt() {
    var engine =
        fixture.engine(
            b ->
                b.options("echo", options -> options.maxRetries(1))
                    .register(
                        ECHO,
                        (input, context) -> {
                          said.add("attempt " + context.attempt());
                          return context.fail("BROKEN", "again");
                        },
                        JobOptions.defaults()
                            .retry(RetryPolicy.fixed(Duration.ofSeconds(1)).maxRetries(5))));
    var id = engine.submit(ECHO, List.of("a"));
    for (int i = 0; i < 5; i++) {
      engine.runUntilIdle();
      fixture.pass(Duration.ofSeconds(2));
    }

    assertThat(engine.status(id).isTerminal()).isTrue();
    assertThat(said).containsExactly("attempt 1", "attempt 2");
  }

  @Test
  void optionsOfAnUnknownTypeAreRefused() {
    var builder =
        BatchEngine.builder(new InMemoryBatchStore())
            .register(ECHO, input -> input)
            .options("ecco", options -> options.concurrency(1));

    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .withMessage(
            "options are set for the job type \"ecco\", which is not registered; registered are [echo]");
  }

  @Test
  void aSubmitJoinsTheTransactionThatIsThere() {
    var engine =
        fixture.engine(
            b ->
                b.hostTransaction(() -> Optional.of(new OfAnotherStore()))
                    .register(ECHO, input -> input));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.forTenant("acme").submit(ECHO, List.of("a")))
        .withMessageContaining("OfAnotherStore");
  }

  private record OfAnotherStore() implements HostTransaction {}
}
