package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.batchengine.model.BatchId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the page in a browser, with two batches that have ended. */
@Tag("browser")
@Tag("H2")
abstract class OnPage {
  static final int INVOICES = 440;

  @TempDir static Path folder;
  static Exhibit exhibit;
  static Browser browser;
  static BatchId october;
  static BatchId november;

  @BeforeAll
  static void start() throws Exception {
    exhibit = new Exhibit("jdbc:h2:" + folder.resolve("batches"), folder, 0);
    october = exhibit.annotated("Invoices", "October", INVOICES);
    november = exhibit.annotated("Invoices", "November", INVOICES);
    browser = new Browser(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    browser.close();
    exhibit.close();
  }

  /** Nothing was refused by the content policy, and no script has failed. */
  @AfterEach
  void saysNothingInTheConsole() {
    assertThat(browser.console())
        .filteredOn(line -> !line.matches(".*the server responded with a status of 40[014].*"))
        .isEmpty();
  }

  static void open(String route) {
    browser.open(exhibit.address(), Exhibit.ROOT, route);
  }

  static String batch(BatchId id, String tab) {
    return "/batch/" + id + tab;
  }
}
