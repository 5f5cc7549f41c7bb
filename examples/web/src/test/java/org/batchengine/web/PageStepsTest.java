package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.batchengine.BatchRequest;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitState;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;

/** What people do on the page, in a Chromium. */
class PageStepsTest extends OnPage {

  @Test
  @DisplayName("a newcomer sees real work by one click")
  void oneClick() throws Exception {
    Path fresh = Files.createDirectories(folder.resolve("fresh"));
    try (Exhibit empty = new Exhibit("jdbc:h2:" + fresh.resolve("batches"), fresh, 0)) {
      browser.open(empty.address(), Exhibit.ROOT, "/");
      browser.reads("No batch yet.");

      browser.click("Annotate invoices: 200 items");

      browser.reads("200 of 200 items");
      assertThat(browser.one("h1").getText()).isEqualTo("Annotate invoices");
      browser.open("about:blank");
    }
  }

  @Test
  @DisplayName("REQ-M24: rows go on by themselves: the same elements, still chosen")
  void liveRows() throws Exception {
    BatchId id = exhibit.waiting("Live rows", 4);
    open("/");
    browser.reads("● live");
    WebElement row = row("Live rows");
    row.findElement(By.cssSelector("input")).click();
    for (String shown : new String[] {"25 %", "50 %"}) {
      exhibit.turns.release();
      browser.until(shown, () -> row.getText().contains(shown));
    }
    assertThat(row.findElement(By.cssSelector("input")).isSelected()).isTrue();
    browser.reads("1 chosen");

    exhibit.turns.release(2);

    browser.until("completed", () -> row.getText().contains("✓ completed"));
    exhibit.engine.await(id);
  }

  @Test
  @DisplayName("a new batch is offered, and does not move the rows by itself")
  void newBatch() throws Exception {
    open("/");
    browser.reads("● live");
    BatchId id = exhibit.annotated("Come later", "November", 5);

    browser.click("1 new");

    browser.until("the row", () -> row("Come later").isDisplayed());
    assertThat(exhibit.engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("a batch that was left while its answer came is there the next time")
  void leftTooSoon() {
    open("/");
    browser.script(
        """
        const fetched = window.fetch;
        window.fetch = async (path, options) => {
          const answer = await fetched(path, options);
          if (path.endsWith(arguments[0])) {
            window.fetch = fetched;
            const left = new Promise((resolve) => options.signal.addEventListener('abort', resolve));
            location.hash = '/nodes';
            await left;
          }
          return answer;
        };
        """,
        november.toString());
    browser.go(batch(november, ""));
    browser.reads("Nodes");

    browser.go(batch(november, ""));

    browser.reads("440 of 440 items");
  }

  @Test
  @DisplayName("a schedule is made, fired and paused, with a reason")
  void schedule() throws Exception {
    exhibit
        .batches()
        .templates()
        .put("monthly", BatchRequest.of(Exhibit.NUMBERS, List.of(1, 2)).name("Monthly numbers"));
    open("/schedules");
    browser.one("details > summary").click();
    browser.enter("name", "nightly");
    browser.enter("template", "monthly");
    browser.enter("cron", "61 3 1 1 *");
    browser.enter("tenant", "acme");
    browser.click("Save the schedule");
    browser.reads("61");
    browser.enter("cron", "0 3 1 1 *");
    browser.click("Save the schedule");
    browser.reads("0 3 1 1 *, Z");

    browser.click("Fire now…");
    browser.enter("reason", "a trial");
    browser.confirm("Fire");
    browser.hears("nightly was fired");
    browser.until(
        "the batch",
        () ->
            exhibit.engine.history(HistoryQuery.all()).items().stream()
                .anyMatch(job -> job.name().equals(Optional.of("Monthly numbers"))));
    browser.click("Pause…");
    browser.confirm("Pause");

    browser.reads("‖ paused");
    assertThat(exhibit.batches().schedules().find("nightly").orElseThrow().isPaused()).isTrue();
  }

  @Test
  @DisplayName("an operation is limited, held and released, with a reason")
  void limit() throws Exception {
    open("/limits");
    browser.one("details > summary").click();
    browser.enter("name", "nubmers");
    browser.enter("limit", "running 3");
    browser.click("Save the limit");
    browser.reads("no engine that is connected works on this operation");
    browser.enter("name", "numbers");
    browser.enter("limit", "often");
    browser.click("Save the limit");
    browser.reads("cannot be read");
    browser.enter("limit", "running 3");
    browser.enter("hold_minutes", "60");
    browser.enter("reason", "the provider is down");
    browser.click("Save the limit");
    browser.reads("the provider is down");
    assertThat(limitOfNumbers().heldReason()).contains("the provider is down");

    browser.click("Release…");
    browser.confirm("Release");
    browser.hears("numbers was released");
    assertThat(limitOfNumbers().heldUntil()).isEmpty();
    assertThat(limitOfNumbers().limit()).isEqualTo(Limit.none().running(3));
    browser.click("Reset…");
    browser.confirm("Reset");
    browser.reads("Nothing is limited.");
  }

  private static LimitState limitOfNumbers() {
    return exhibit.engine.limits().all().get(0);
  }

  private static WebElement row(String name) {
    return browser.labelled(name).findElement(By.xpath("ancestor::tr"));
  }

  @Test
  @DisplayName("a filter is in the address, and stays when the page is loaded again")
  void filter() throws Exception {
    exhibit.annotated("Only this", "November", 5);
    open("/");
    browser.enter("name", "Only");
    browser.until("one row", () -> browser.all("tbody tr").size() == 1);
    assertThat(browser.driver().getCurrentUrl()).endsWith("#/?name=Only");

    browser.driver().navigate().refresh();
    browser.settled();
    assertThat(browser.all("tbody tr")).hasSize(1);
    assertThat(browser.one("[name=name]").getDomProperty("value")).isEqualTo("Only");

    browser.enter("name", "nothing is called so");
    browser.reads("No batch matches.");
    browser.click("Show all");
    browser.until("all rows", () -> browser.all("tbody tr").size() > 2);
  }

  @Test
  @DisplayName("charts have a text, and a table that keys open")
  void charts() {
    open(batch(november, ""));
    assertThat(browser.all(".chart")).hasSize(6);
    for (WebElement chart : browser.all(".chart")) {
      String title = chart.findElement(By.cssSelector("figcaption")).getText();
      boolean isList = !chart.findElements(By.cssSelector(".bars")).isEmpty();
      if (!isList) {
        WebElement picture = chart.findElement(By.cssSelector("svg[role=img]"));
        assertThat(picture.getDomAttribute("aria-label"))
            .startsWith(title + ": ")
            .matches(".*\\d.*");
      }
      WebElement summary = chart.findElement(By.cssSelector("summary"));
      browser.script("arguments[0].focus()", summary);
      browser.type(org.openqa.selenium.Keys.ENTER);
      browser.until(
          "the table of " + title,
          () -> chart.findElement(By.cssSelector("tbody td:nth-child(2)")).isDisplayed());
    }
    assertThat(browser.text()).contains("quality", "spend", "p95");
  }

  @Test
  @DisplayName("the failed items of one kind are retried, and the reason is in the timeline")
  void retry() throws Exception {
    BatchId id = exhibit.annotated("To be retried", "November", 120);
    open(batch(id, "/errors"));
    int retried =
        exhibit.engine.errorGroups(id, 10).stream()
            .filter(group -> group.type().equals("TIMEOUT"))
            .mapToInt(group -> (int) group.count())
            .sum();
    assertThat(retried).isEqualTo(2);

    browser.click("Retry these 2…");
    browser.reads("Retry 2 failed items of To be retried?");
    browser.enter("reason", "the model is back");
    browser.confirm("Retry 2");

    browser.hears("2 items will run again");
    browser.until("the end", () -> exhibit.engine.status(id).state().isTerminal());
    browser.go(batch(id, "/timeline"));
    browser.reads("the model is back");
    assertThat(browser.one(".timeline").getText())
        .contains("submitted", "by alice", "failed items reopened", "by root", "run 2");
  }

  @Test
  @DisplayName("a new batch is made of the failed items of another one, and says so")
  void copyFailed() throws Exception {
    BatchId id = exhibit.annotated("To be copied", "November", 120);
    browser.open(exhibit.address(), Exhibit.ALICE, batch(id, ""));
    long failed = exhibit.engine.status(id).counts().failed();

    browser.click("New batch of failed…");
    browser.reads("New batch of " + failed + " failed items of To be copied?");
    browser.confirm("Create");
    browser.reads("of " + failed + " items");
    browser.click("Settings");

    browser.reads("Made from");
    browser.reads(id.toString());
    assertThat(exhibit.engine.status(id).counts().failed()).isEqualTo(failed);
  }

  @Test
  @DisplayName(
      "a batch is paused, says why it is not done, goes on, and is cancelled with a reason")
  void steer() {
    BatchId id = exhibit.waiting("To be stopped", 6);
    open(batch(id, "/timeline"));
    browser.click("Pause…");
    browser.enter("reason", "API incident");
    browser.confirm("Pause");
    browser.reads("‖ paused");
    browser.reads("Why it is not done");
    browser.reads("API incident");

    browser.click("Resume…");
    browser.confirm("Resume");
    browser.reads("▶ running");
    browser.click("Cancel…");
    browser.enter("reason", "wrong month");
    browser.one("[name=force]").click();
    browser.confirm("Cancel the batch");

    browser.reads("⊘ cancelled");
    browser.reads("wrong month");
    browser.until(
        "the end of the timeline", () -> browser.one(".timeline").getText().contains("cancelled"));
    assertThat(exhibit.engine.status(id).stateReason()).contains("wrong month");
  }

  @Test
  @DisplayName("a batch is compared with the one of its name before, kind by kind")
  void compare() {
    open(batch(november, "/compare"));
    browser.until("a comparison", () -> browser.all(".chip").size() == 7);
    int all = browser.all("tbody tr").size();
    assertThat(all).isGreaterThan(20);

    browser.click("7 newly failing");

    browser.until("fewer rows", () -> browser.all("tbody tr").size() == 7);
    assertThat(browser.all("tbody tr"))
        .allSatisfy(row -> assertThat(row.getText()).contains("newly failing", "✓", "✕ failed"));
  }

  @Test
  @DisplayName("the nodes say how they are")
  void nodes() {
    open("/nodes");

    assertThat(browser.one("table").getText()).contains("web-1", "annotate, numbers, wait");
    assertThat(browser.text()).contains("✓ All is well.", "Last claim", "Memory");
  }

  @Test
  @DisplayName("a form tells all its errors at once, each at its field, and then what it would do")
  void form() {
    open("/new");
    browser.one("select").sendKeys("Wait");
    browser.reads("Prefix *");
    browser.enter("filters.items", "5000");
    browser.click("Create the batch");
    browser.until("two errors", () -> browser.all(".wrong.at").size() == 2);
    assertThat(browser.all("[aria-invalid]"))
        .extracting(field -> field.getDomAttribute("name"))
        .containsExactly("filters.prefix", "filters.items");

    browser.enter("filters.prefix", "shop ");
    browser.enter("filters.items", "3");
    browser.click("Check first");

    browser.reads("3 items");
    browser.reads("shop 2");
    assertThat(browser.all(".wrong.at")).isEmpty();
  }

  @Test
  @DisplayName("who is not known is asked for a token")
  void token() {
    browser.open("about:blank");
    browser.driver().get(exhibit.address() + "#token=wrong");
    browser.reads("Who are you?");

    browser.enter("token", Exhibit.ROOT);
    browser.click("Enter");

    browser.reads("All batches");
    assertThat(browser.driver().getCurrentUrl()).doesNotContain(Exhibit.ROOT);
  }

  @Test
  @DisplayName("who may only read has no buttons that do something")
  void reader() {
    browser.open(exhibit.address(), Exhibit.READER, batch(november, "/errors"));

    assertThat(browser.all("#main button")).isEmpty();
    assertThat(browser.text()).contains("TIMEOUT").doesNotContain("New batch", "Nodes");
    browser.go(batch(november, "/items/0"));
    browser.reads("It needs the right PAYLOADS.");
  }

  @Test
  @DisplayName("names and errors are text, whatever they look like")
  void text() throws Exception {
    BatchId id = exhibit.annotated("<b>bold</b><script>alert(1)</script>", "November", 70);
    open("/");
    browser.reads("<b>bold</b><script>alert(1)</script>");
    browser.go(batch(id, "/errors"));
    browser.reads("<img src=x onerror=alert(1)> is no JSON");
    browser.go(batch(id, "/items/66"));
    browser.reads("<img src=x onerror=alert(1)> is no JSON");

    assertThat(browser.all("main b, main img, main script"))
        .extracting(WebElement::getText)
        .doesNotContain("bold")
        .noneMatch(found -> found.contains("alert"));
    assertThat(browser.all("main img, main script")).isEmpty();
  }
}
