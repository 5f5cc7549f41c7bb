package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.List;
import org.batchengine.engine.mend.Unserved;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

/** Work of a type that nobody works on is told of. */
class UnservedTest {
  private static final JobType<String, String> NOBODYS =
      JobType.of("nobodys", String.class, String.class);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Logger logger = (Logger) LoggerFactory.getLogger(Unserved.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(log);
  }

  private List<String> warnings() {
    return log.list.stream()
        .filter(event -> event.getLevel() == Level.WARN)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  @Test
  void isLoggedOnceATypeAndShownInHealth() {
    var engine = world.engine(builder -> builder.register(ECHO, text -> text));
    engine.submit(NOBODYS, List.of("a"));
    engine.submit(NOBODYS, List.of("b"));
    world.pass(Duration.ofSeconds(5), engine);
    assertThat(warnings()).isEmpty();

    world.pass(Duration.ofSeconds(30), engine);

    assertThat(warnings())
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
    assertThat(warnings())
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
