package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Work of a type that nobody works on is told of. */
class UnservedTest {
  private static final JobType<String, String> NOBODYS =
      JobType.of("nobodys", String.class, String.class);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  @RegisterExtension final LoggedWarnings warnings = new LoggedWarnings();

  @Test
  void isLoggedOnceATypeAndShownInHealth() {
    var engine = world.engine(builder -> builder.register(ECHO, text -> text));
    engine.submit(NOBODYS, List.of("a"));
    engine.submit(NOBODYS, List.of("b"));
    world.pass(Duration.ofSeconds(5), engine);
    assertThat(warnings.texts()).isEmpty();

    world.pass(Duration.ofSeconds(30), engine);

    assertThat(warnings.texts())
        .containsExactly(
            "batches of job type \"nobodys\" are waiting, and no engine works on that type: start"
                + " an engine that registers it on this database, or cancel the batches");
    assertThat(engine.health().unservedTypes()).containsExactly("nobodys");
    assertThat(engine.health().toMap()).containsEntry("unserved_types", "nobodys");
    assertThat(engine.health().isUp()).isTrue();
  }

  @Test
  void isForgottenOnceSomebodyWorksOnIt() {
    var engine = world.engine(builder -> builder.register(ECHO, text -> text));
    var id = engine.submit(NOBODYS, List.of("a"));
    world.pass(Duration.ofSeconds(6), engine);
    assertThat(engine.health().unservedTypes()).containsExactly("nobodys");

    var other = world.engine(builder -> builder.register(NOBODYS, text -> text));
    other.await(id);
    engine.submit(NOBODYS, List.of("b")); // waits for the other
    world.pass(Duration.ofSeconds(6), engine);

    assertThat(engine.health().unservedTypes()).isEmpty();
  }

  @Test
  void isToldByAnEngineThatIsNotStarted() {
    var way = new Faults(world.memory);
    var parts = world.parts(way, builder -> builder.register(ECHO, text -> text));
    new EngineBatches(parts, null).submit(ECHO, List.of("a"));
    for (int i = 0; i < 3; i++) {
      parts.maintenance.runOnce();
      world.pass(Duration.ofSeconds(5));
    }

    assertThat(parts.unserved.types()).containsExactly("echo");
    assertThat(warnings.texts())
        .containsExactly(
            "batches of job type \"echo\" are waiting, and no engine works on that type: this engine"
                + " has registered it, but was not started: call start()");

    var other = world.engine(builder -> builder.register(ECHO, text -> text));
    other.runOnce();
    parts.maintenance.runOnce();
    assertThat(parts.unserved.types()).isEmpty();
    other.runUntilIdle();
  }
}
