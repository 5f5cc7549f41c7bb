package org.batchengine.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;

/** How the page looks, by figures: contrast, labels, width, size; and what keys do. */
class PageLooksTest extends OnPage {
  private static final long MOST_BYTES = 200_000;
  private static final String AXE = axe();

  @AfterEach
  void reset() {
    browser.size(Browser.WIDE, 900);
    browser.theme("light");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/?name=none",
        "/batch/{}",
        "/batch/{}/items?state=failed",
        "/batch/{}/items/66",
        "/batch/{}/errors",
        "/batch/{}/timeline",
        "/batch/{}/compare",
        "/batch/{}/settings",
        "/new",
        "/limits",
        "/nodes",
        "/schedules",
        "/nowhere"
      })
  @DisplayName("axe finds nothing on a screen, and nothing is wider than a phone")
  void screen(String route) {
    String here = route.replace("{}", november.toString());
    open(here);
    assertThat(findings()).isEmpty();
    assertThat(browser.scrollsSideways()).isFalse();

    browser.theme("dark");
    browser.size(Browser.NARROW, 800);

    assertThat(findings()).isEmpty();
    assertThat(browser.scrollsSideways()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"light", "dark"})
  @DisplayName("axe finds nothing in dialogs and on the form for a token")
  void dialogs(String theme) {
    browser.theme(theme);
    open(batch(november, "/errors"));
    browser.click("Retry these");
    browser.reads("Reason");
    assertThat(findings()).isEmpty();
    browser.click("Back");
    browser.type("?");
    browser.reads("next row, previous row");
    assertThat(findings()).isEmpty();

    browser.open("about:blank");
    browser.driver().get(exhibit.address() + "#token=wrong");
    browser.reads("Who are you?");
    assertThat(findings()).isEmpty();
  }

  /** What axe finds on the page that is shown. */
  private static List<?> findings() {
    browser.script(AXE);
    return (List<?>)
        browser
            .driver()
            .executeAsyncScript(
                "const done = arguments[0];"
                    + "axe.run().then(found => done(found.violations.map(one =>"
                    + " one.id + ' ' + one.nodes.map(node => node.html + node.failureSummary).join(' '))), e => done([String(e)]));");
  }

  private static String axe() {
    try (InputStream in = PageLooksTest.class.getResourceAsStream("/axe.min.js")) {
      return new String(requireNonNull(in).readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  @DisplayName("the theme is that of the system, or the one that was chosen, also the next time")
  void theme() {
    open("/");
    String light = ground();
    browser.theme("dark");
    String dark = ground();
    assertThat(dark).isNotEqualTo(light);

    browser.one("#theme").click();
    assertThat(ground()).isEqualTo(light);
    browser.driver().navigate().refresh();
    browser.settled();
    assertThat(ground()).isEqualTo(light);
    assertThat(browser.one("#theme").getText()).isEqualTo("light");
    browser.type("t");
    assertThat(ground()).isEqualTo(dark);
    browser.type("t");
    assertThat(browser.one("#theme").getText()).isEqualTo("system");
  }

  private static String ground() {
    return (String) browser.script("return getComputedStyle(document.body).backgroundColor");
  }

  @Test
  @DisplayName("keys go to the filter, along the rows, into one, to other screens, and pause")
  void keys() {
    open("/");
    browser.type("/");
    assertThat(focus()).contains("input", "name");
    browser.type(Keys.ESCAPE, "j");
    assertThat(focus()).isEqualTo("a " + browser.all("tbody a").get(0).getText());
    browser.type("j");
    String second = focus();
    browser.type("j", "k");
    assertThat(focus()).isEqualTo(second);
    browser.type("x");
    browser.reads("1 chosen");
    browser.type("p");
    browser.reads("‖ paused");
    browser.type("p");
    browser.reads("● live");
    browser.type(Keys.ENTER);
    browser.settled();
    assertThat(browser.driver().getCurrentUrl()).contains("#/batch/");
    assertThat(focus()).startsWith("h1 ");
    browser.type("g", "n");
    browser.settled();
    assertThat(browser.one("h1").getText()).isEqualTo("Nodes");
    browser.type("g", "b");
    browser.settled();
    assertThat(browser.one("h1").getText()).isEqualTo("All batches");
    browser.type("?");
    browser.reads("Keys are on");
  }

  private static String focus() {
    return (String)
        browser.script(
            "const a = document.activeElement; return a.localName + ' ' + ((a.name || a.innerText))");
  }

  @Test
  @DisplayName("all that comes over the wire for two screens is less than 200 kB")
  void size() {
    browser.driver().executeCdpCommand("Network.clearBrowserCache", java.util.Map.of());
    open("/");
    browser.go(batch(november, ""));

    Number bytes =
        (Number)
            browser.script(
                "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
                    + ".reduce((sum, one) => sum + one.transferSize, 0)");
    System.out.println("over the wire: " + bytes + " bytes");
    assertThat(bytes.longValue()).isBetween(20_000L, MOST_BYTES);
  }
}
