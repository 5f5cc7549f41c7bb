package org.batchengine.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.web.Right.READ;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.jdbc.JdbcBatchStore;
import org.batchengine.model.BatchId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The example in React of the analytics module, compiled as it is but for the lines that open its
 * socket, with the servlet at the root.
 */
@Tag("browser")
@Tag("H2")
class PageReactTest {
  private static final JobType<String, String> WAIT =
      JobType.of("wait", String.class, String.class);
  private static final String WEBJARS = "/META-INF/resources/webjars/";

  /** Takes the source, and returns the script. */
  private static final String COMPILE =
      """
      return ts.transpileModule(arguments[0], { fileName: 'BatchMonitor.tsx', compilerOptions: {
        jsx: ts.JsxEmit.React, module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2020 } }).outputText;
      """;

  private static final String PAGE =
      """
      <!doctype html><html lang="en"><base href="/"><title>Monitor</title><link rel="icon" href="data:,"><div id="root"></div>
      <script src="monitor/react.js"></script><script src="monitor/react-dom.js"></script>
      <script type="module" src="monitor/app.js"></script></html>
      """;

  private static final String APP =
      """
      import { connect } from '/batch-events.js';
      const exports = {};
      const require = (name) => ({ react: React, './batch-events.js': { connect } })[name];
      %s
      ReactDOM.createRoot(document.getElementById('root'))
        .render(React.createElement(BatchMonitor, { batchId: location.hash.slice(1) }));
      """;

  @TempDir Path folder;

  /** Serves the files of the example. */
  private static final class Monitor extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private final transient Map<String, String> files;

    Monitor(Map<String, String> files) {
      this.files = files;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      String name = Optional.ofNullable(request.getPathInfo()).orElse("/");
      response.setContentType((name.endsWith(".js") ? "text/javascript" : "text/html"));
      response.setCharacterEncoding("UTF-8");
      response.getWriter().write(files.getOrDefault(name, ""));
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream stream = PageReactTest.class.getResourceAsStream(name)) {
      return new String(stream.readAllBytes(), UTF_8);
    }
  }

  @Test
  @DisplayName("REQ-M24: the source's component in React shows progress, and figures at the end")
  void showsABatch() throws Exception {
    Semaphore turns = new Semaphore(0);
    Tomcat tomcat = new Tomcat();
    try (Browser browser = new Browser(folder);
        BatchEngine engine =
            BatchEngine.builder(JdbcBatchStore.open("jdbc:h2:" + folder.resolve("batches")))
                .register(
                    WAIT,
                    (name, context) -> {
                      turns.acquire();
                      return name;
                    },
                    JobOptions.defaults().concurrency(1))
                .start()) {
      Map<String, String> files =
          Map.of(
              "/", PAGE,
              "/react.js", resource(WEBJARS + "react/18.3.1/umd/react.production.min.js"),
              "/react-dom.js",
                  resource(WEBJARS + "react-dom/18.3.1/umd/react-dom.production.min.js"),
              "/app.js", APP.formatted(compiled(browser)));
      String address = serve(tomcat, engine, new Monitor(files));
      BatchId id =
          engine.submit(BatchRequest.of(WAIT, List.of("a", "b", "c", "d")).name("Invoices"));

      browser.open(address + "monitor/#" + id);
      browser.reads("Invoices");
      turns.release(2);
      browser.reads("Progress: 50%");
      assertThat(browser.text()).contains("Status: running");
      turns.release(2);
      browser.reads("Status: completed");
      browser.reads("Success Rate: 100.00%");
      assertThat(browser.console()).isEmpty();
    } finally {
      tomcat.stop();
      tomcat.destroy();
    }
  }

  private static String compiled(Browser browser) throws IOException {
    browser.open("about:blank");
    String compiler = resource(WEBJARS + "typescript/5.6.3/lib/typescript.js");
    return (String) browser.script(compiler + COMPILE, resource("BatchMonitor.tsx"));
  }

  private String serve(Tomcat tomcat, BatchEngine engine, Monitor monitor) throws Exception {
    tomcat.setBaseDir(folder.resolve("tomcat").toString());
    tomcat.setPort(0);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    Context context = tomcat.addContext("", folder.toString());
    context.addServletContainerInitializer(new WsSci(), null);
    BatchServlet batches =
        BatchServlet.of(engine)
            .visitors(request -> Optional.of(Visitor.named("anyone").allTenants().may(READ)));
    Tomcat.addServlet(context, "batches", batches).setAsyncSupported(true);
    context.addServletMappingDecoded("/*", "batches");
    Tomcat.addServlet(context, "monitor", monitor);
    context.addServletMappingDecoded("/monitor/*", "monitor");
    tomcat.start();
    return "http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + "/";
  }
}
