package org.batchengine.examples.service;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;
import org.batchengine.BatchEngine;
import org.batchengine.web.BatchServlet;

/** An engine that works, and a Tomcat that serves its batches at its root. */
final class RunningService implements AutoCloseable {
  private final BatchEngine engine;
  private final Tomcat tomcat;

  private RunningService(BatchEngine engine, Tomcat tomcat) {
    this.engine = engine;
    this.tomcat = tomcat;
  }

  /**
   * Starts both.
   *
   * @param engine one that is started; closed if this fails
   * @param folder of the files that Tomcat needs
   * @param port 0 for one that is free
   */
  static RunningService start(
      BatchEngine engine, BatchServlet servlet, Path folder, InetAddress address, int port)
      throws IOException {
    Tomcat tomcat = new Tomcat();
    RunningService service = new RunningService(engine, tomcat);
    try {
      tomcat.setBaseDir(Files.createDirectories(folder).toAbsolutePath().toString());
      tomcat.setPort(port);
      tomcat.getConnector().setProperty("address", address.getHostAddress());
      Context context = tomcat.addContext("", folder.toAbsolutePath().toString());
      context.addServletContainerInitializer(new WsSci(), null);
      Tomcat.addServlet(context, "batches", servlet).setAsyncSupported(true);
      context.addServletMappingDecoded("/*", "batches");
      tomcat.start();
      if (tomcat.getConnector().getState() != LifecycleState.STARTED) {
        throw new IOException("the connector has not started");
      }
      return service;
    } catch (LifecycleException | IOException | RuntimeException e) {
      service.close();
      throw new IOException(
          "cannot listen on %s, port %d; choose another with --port or --address"
              .formatted(address.getHostAddress(), port),
          e);
    }
  }

  int port() {
    return tomcat.getConnector().getLocalPort();
  }

  /** Answers nobody any more, and then lets the items in progress be finished. */
  @Override
  public void close() {
    try {
      tomcat.stop();
      tomcat.destroy();
    } catch (LifecycleException e) {
      System.err.println("The web server did not stop in order: " + e);
    } finally {
      engine.close();
    }
  }
}
