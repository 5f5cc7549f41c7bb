package org.batchengine.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.batchengine.BatchRequest;
import org.batchengine.Batches;
import org.batchengine.model.BatchId;
import org.batchengine.schedule.Schedule;

/** Takes pictures of each screen. */
final class Pictures {
  private static final String DIALOG = "dialog";
  private static final int TALL = 700;
  private static final int MOST_BYTES = 150_000;

  /** Those that docs/service.md shows. */
  private static final Set<String> SHOWN =
      Set.of(
          "batches-light",
          "batches-phone-dark",
          "batch-dark",
          "batch-phone-light",
          "running-light",
          "items-light",
          "item-light",
          "errors-dark",
          "dialog-light",
          "timeline-light",
          "compare-light",
          "new-light",
          "nodes-dark",
          "schedules-light",
          "missing-light");

  private final Browser browser;
  private final Path target;

  private Pictures(Browser browser, Path target) {
    this.browser = browser;
    this.target = target;
  }

  /**
   * Writes them to a folder.
   *
   * @param args the folder; then {@code all} for each screen light and dark, wide and narrow, to be
   *     looked at, rather than those of docs/service.md
   */
  public static void main(String[] args) throws Exception {
    Path folder = Files.createTempDirectory("pictures");
    try (Exhibit exhibit = new Exhibit("jdbc:h2:" + folder.resolve("batches"), folder, 0);
        Browser browser = new Browser(folder)) {
      Map<String, String> screens = screens(exhibit);
      browser.open(exhibit.address(), Exhibit.ROOT, "/");
      browser.reads("● live");
      Pictures pictures = new Pictures(browser, Files.createDirectories(Path.of(args[0])));
      for (Map.Entry<String, String> screen : screens.entrySet()) {
        pictures.take(screen.getKey(), screen.getValue(), args.length > 1);
      }
    }
  }

  private static Map<String, String> screens(Exhibit exhibit) throws InterruptedException {
    BatchId october = exhibit.annotated("Invoices", "October", 12_000);
    BatchId november = exhibit.annotated("Invoices", "November", 12_000);
    BatchId paused = exhibit.waiting("Nightly import", 300);
    exhibit.engine.actingAs("bob").pause(paused, "API incident");
    BatchId running = exhibit.waiting("Post to the shop", 40);
    exhibit.turns.release(17);
    schedule(exhibit);
    String batch = "/batch/" + november;
    Map<String, String> screens = new LinkedHashMap<>();
    screens.put("batches", "/");
    screens.put("batch", batch);
    screens.put("running", "/batch/" + running + "/items");
    screens.put("items", batch + "/items?state=failed");
    screens.put("item", batch + "/items/13");
    screens.put("errors", batch + "/errors");
    screens.put(DIALOG, batch + "/errors?");
    screens.put("timeline", "/batch/" + paused + "/timeline");
    screens.put("compare", batch + "/compare?kind=newly_failing&with=" + october);
    screens.put("new", "/new");
    screens.put("nodes", "/nodes");
    screens.put("schedules", "/schedules");
    screens.put("missing", "/batch/00000000-0000-7000-8000-000000000000");
    return screens;
  }

  private static void schedule(Exhibit exhibit) {
    Batches batches = exhibit.batches();
    batches
        .templates()
        .put(
            "Monthly numbers",
            BatchRequest.of(Exhibit.NUMBERS, List.of(1, 2, 3)).name("Monthly numbers"));
    Schedule monthly =
        Schedule.cron("First of the month", "0 3 1 * *", ZoneId.of("Europe/Berlin"))
            .template("Monthly numbers");
    batches.schedules().put(monthly);
    batches
        .schedules()
        .put(
            Schedule.every("Each quarter of an hour", Duration.ofMinutes(15))
                .template("Monthly numbers"));
    batches.schedules().pause("Each quarter of an hour", "the shop is closed");
  }

  private void take(String name, String route, boolean isEach) throws IOException {
    browser.size(Browser.WIDE, TALL);
    browser.go(route);
    if (name.equals(DIALOG)) {
      browser.click("Retry these");
      browser.reads("Reason");
    }
    for (String theme : new String[] {"light", "dark"}) {
      browser.theme(theme);
      for (int width : new int[] {Browser.WIDE, Browser.NARROW}) {
        String file = "%s%s-%s".formatted(name, width == Browser.NARROW ? "-phone" : "", theme);
        if (isEach || SHOWN.contains(file)) {
          write(file, browser.picture(width, TALL), isEach);
        }
      }
    }
    if (name.equals(DIALOG)) {
      browser.confirm("Back");
    }
  }

  private void write(String name, byte[] picture, boolean mayBeLarge) throws IOException {
    if (picture.length > MOST_BYTES && !mayBeLarge) {
      throw new IllegalStateException(
          "%s.png has %d bytes: too many for the documents".formatted(name, picture.length));
    }
    Files.write(target.resolve(name + ".png"), picture);
  }
}
