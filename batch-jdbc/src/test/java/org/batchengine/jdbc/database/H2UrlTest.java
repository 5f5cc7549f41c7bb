package org.batchengine.jdbc.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.h2.tools.Server;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a URL of H2 leaves open. Refusals are in BadDatabaseTest. */
@Tag("H2")
class H2UrlTest {

  @Test
  @DisplayName("FAULT-L5 answers of a server of H2 are awaited for a minute, or as the URL says")
  void boundsTheAnswersOfAServer() throws SQLException {
    Server server = Server.createTcpServer("-tcpPort", "0", "-ifNotExists").start();
    try {
      String url = "jdbc:h2:tcp://localhost:" + server.getPort() + "/mem:far";
      assertThat(H2Url.safe(url)).isEqualTo(url + ";NETWORK_TIMEOUT=60000");
      String brief = url + ";network_timeout=500";
      assertThat(H2Url.safe(brief)).isEqualTo(brief);
      try (Connection connection = DriverManager.getConnection(H2Url.safe(url), "sa", "")) {
        assertThat(connection.isValid(10)).isTrue();
      }
    } finally {
      server.stop();
    }
  }

  @Test
  void leavesADatabaseInMemoryAsItIs() {
    assertThat(H2Url.safe("jdbc:h2:mem:near")).isEqualTo("jdbc:h2:mem:near");
  }

  @ParameterizedTest
  @DisplayName("FAULT-H1 files are opened by calls that no interrupt ends, unless the URL says how")
  @CsvSource({"./x, blocking:./x", "file:./x, blocking:./x", "blocking:./x, blocking:./x"})
  @CsvSource({"C:/x, blocking:C:/x", "async:./x, async:./x", "faulty:async:./x, faulty:async:./x"})
  void opensFiles(String path, String opened) {
    assertThat(H2Url.safe("jdbc:h2:" + path)).startsWith("jdbc:h2:" + opened + ";");
  }
}
