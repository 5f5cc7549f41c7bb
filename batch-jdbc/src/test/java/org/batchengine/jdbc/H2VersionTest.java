package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Path;
import java.util.List;
import org.batchengine.BatchEngine;
import org.batchengine.model.StoreException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Runs on the H2 of the build, or on another with {@code -Dh2.version}. */
@Tag("H2")
class H2VersionTest {
  @TempDir Path folder;

  private List<String> warningsAtOpen() {
    Logger logger = (Logger) LoggerFactory.getLogger("org.batchengine");
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      BatchEngine.builder(JdbcBatchStore.open(H2Files.url(folder, "version"))).start().close();
    } finally {
      logger.detachAppender(log);
    }
    return log.list.stream()
        .filter(event -> event.getLevel() == Level.WARN)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  @Test
  void isRefusedToldOfOrGood() {
    String version =
        TestJdbi.of("jdbc:h2:mem:")
            .withHandle(h -> h.select("select h2version()").mapTo(String.class).one());
    int build = Integer.parseInt(version.substring(version.lastIndexOf('.') + 1));

    if (build < 232) {
      assertThatThrownBy(this::warningsAtOpen)
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("H2 " + version)
          .hasMessageContaining("use 2.3.232 or later");
    } else if (build == 252) {
      assertThat(warningsAtOpen())
          .containsExactly(
              "H2 2.5.252 may lose commits of a file whose process was killed hundreds of times: use H2 2.4.240");
    } else {
      assertThat(warningsAtOpen()).isEmpty();
    }
  }
}
