package org.batchengine.examples.service;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;
import org.batchengine.BatchEngine;
import org.batchengine.web.BatchServlet;

/** An engine that works, and a Tomcat that serves its batches at its root. */
final class RunningService implements AutoCloseable {
  /** Kept, or the level that is set here would be forgotten. */
  private static final Logger TOMCAT = Logger.getLogger("org.apache");

  static {
    TOMCAT.setLevel(Level.WARNING);
  }

  private final BatchEngine engine;
  private final Tomcat tomcat = new Tomcat();

  private RunningService(BatchEngine engine) {
    this.engine = engine;
  }

  /**
   * Starts the web server.
   *
   * @param engine one that is started; closed if this fails
   * @param folder for the files of Tomcat
   * @param address its port may be 0, for one that is free
   */
  static RunningService start(
      BatchEngine engine, BatchServlet servlet, Path folder, InetSocketAddress address)
      throws IOException {
    RunningService service = new RunningService(engine);
    try {
      service.listen(servlet, folder.toAbsolutePath().toString(), address);
      return service;
    } catch (LifecycleException | RuntimeException e) {
      service.close();
      throw new IOException(
          "cannot listen on %s (%s): choose another with --port or --address"
              .formatted(address, reason(e)),
          e);
    }
  }

  private static String reason(Throwable thrown) {
    Throwable cause = thrown.getCause();
    return cause == null ? String.valueOf(thrown.getMessage()) : reason(cause);
  }

  private void listen(BatchServlet servlet, String folder, InetSocketAddress address)
      throws LifecycleException {
    tomcat.setBaseDir(folder);
    tomcat.setPort(address.getPort());
    tomcat.getConnector().setProperty("address", address.getAddress().getHostAddress());
    StandardContext context = (StandardContext) tomcat.addContext("", folder);
    // Looks for leaks, which only matter where applications come and go.
    context.setClearReferencesThreadLocals(false);
    context.setClearReferencesRmiTargets(false);
    context.addServletContainerInitializer(new WsSci(), null);
    Tomcat.addServlet(context, "batches", servlet).setAsyncSupported(true);
    context.addServletMappingDecoded("/*", "batches");
    tomcat.getConnector().setThrowOnFailure(true);
    tomcat.start();
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
