package org.batchengine.web.hosts;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.batchengine.BatchEngine;
import org.batchengine.jdbc.JdbcBatchStore;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.ee10.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** In Jetty 12 with Jakarta EE 10. */
@Tag("H2")
class JettyTest extends MountedContract {
  @TempDir static Path folder;
  private static BatchEngine engine;
  private static Server server;

  @BeforeAll
  static void start() throws Exception {
    engine =
        BatchEngine.builder(JdbcBatchStore.open("jdbc:h2:" + folder.resolve("batches")))
            .register(SQUARING)
            .start();
    ServletHolder holder = new ServletHolder(servlet(engine));
    holder.setAsyncSupported(true);
    ServletContextHandler context = new ServletContextHandler("/ops");
    context.addServlet(holder, "/batches/*");
    JakartaWebSocketServletContainerInitializer.configure(context, null);
    server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    server.setHandler(context);
    server.start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.stop();
    engine.close();
  }

  @Override
  BatchEngine engine() {
    return engine;
  }

  @Override
  int port() {
    return server.getURI().getPort();
  }
}
