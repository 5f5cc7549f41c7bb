package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.batchengine.model.BatchId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.WebElement;

/** The page behind an nginx, under a path of which it knows nothing. */
class PageProxyTest extends OnPage {

  @Override
  void saysNothingInTheConsole() {
    browser.console(); // refused connections are what this is about
  }

  @Test
  @DisplayName("under a prefix the page works, says when the line is lost, and catches up")
  void behindNginx() throws Exception {
    int port = freePort();
    String address = "http://127.0.0.1:" + port + "/some/where/";
    BatchId id = exhibit.waiting("Behind a proxy", 4);
    Process nginx = nginx(port);
    try {
      browser.open(address, Exhibit.ROOT, "/?name=Behind");
      browser.reads("● live");
      WebElement row = browser.one("tbody tr");
      exhibit.turns.release();
      browser.until("an event", () -> row.getText().contains("25 %"));

      stop(nginx);
      browser.reads("no live line since");
      browser.reads("The service does not answer since");
      exhibit.turns.release(2);
      browser.until("work", () -> exhibit.engine.status(id).counts().succeeded() == 3);
      assertThat(row.getText()).contains("25 %");
      nginx = nginx(port);

      browser.until("what was missed", () -> row.getText().contains("75 %"));
      browser.reads("● live");
      assertThat(browser.text()).doesNotContain("The service does not answer");
      browser.go(batch(id, ""));
      assertThat(browser.driver().getCurrentUrl()).startsWith(address + "#/batch/");
      exhibit.turns.release();
      browser.reads("✓ completed");
      assertThat(browser.console())
          .noneMatch(line -> line.contains("Content Security Policy"))
          .noneMatch(line -> line.contains("status of 404"));
    } finally {
      stop(nginx);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static Process nginx(int port) throws IOException {
    Path config = folder.resolve("nginx.conf");
    Files.writeString(
        config,
        """
        daemon off;
        master_process off;
        pid nginx.pid;
        error_log stderr;
        events {}
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
          server {
            listen 127.0.0.1:%d;
            location /some/where/ {
              proxy_pass %s;
              proxy_http_version 1.1;
              proxy_set_header Host $http_host;
              proxy_set_header Upgrade $http_upgrade;
              proxy_set_header Connection $connection_upgrade;
            }
          }
        }
        """
            .formatted(port, exhibit.address()));
    return new ProcessBuilder(
            Browser.installed("/usr/sbin/nginx").toString(),
            "-e",
            "stderr",
            "-p",
            folder.toString(),
            "-c",
            config.toString())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static void stop(Process nginx) throws InterruptedException {
    nginx.destroy();
    assertThat(nginx.waitFor(20, TimeUnit.SECONDS)).isTrue();
  }
}
