package org.batchengine.web;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.batchengine.model.BatchId;

/** Takes pictures of each screen: light and dark, wide and narrow. */
final class Pictures {
  private Pictures() {}

  /** Writes them below a folder, which is the first argument. */
  public static void main(String[] args) throws Exception {
    Path target = Files.createDirectories(Path.of(args[0]));
    Path folder = Files.createTempDirectory("pictures");
    try (Exhibit exhibit = new Exhibit("jdbc:h2:" + folder.resolve("batches"), folder, 0);
        Browser browser = new Browser(folder)) {
      Map<String, String> screens = screens(exhibit);
      browser.open(exhibit.address(), Exhibit.ROOT, "/");
      for (String theme : new String[] {"light", "dark"}) {
        browser.theme(theme);
        for (int width : new int[] {Browser.WIDE, Browser.NARROW}) {
          browser.size(width, 900);
          for (Map.Entry<String, String> screen : screens.entrySet()) {
            browser.go(screen.getValue());
            if (screen.getKey().endsWith("dialog")) {
              browser.labelled("Retry these").click();
            }
            Files.write(
                target.resolve("%s-%s-%d.png".formatted(screen.getKey(), theme, width)),
                browser.picture(width));
            if (screen.getKey().endsWith("dialog")) {
              browser.click("Back");
            }
          }
        }
      }
      browser.console().forEach(System.out::println);
    }
  }

  private static Map<String, String> screens(Exhibit exhibit) throws InterruptedException {
    BatchId october = exhibit.annotated("Invoices", "October", 2_400);
    BatchId november = exhibit.annotated("Invoices", "November", 2_400);
    exhibit.engine.pause(exhibit.waiting("Nightly import", 300), "the API is down");
    BatchId running = exhibit.waiting("Post to the shop", 40);
    exhibit.turns.release(17);
    Map<String, String> screens = new LinkedHashMap<>();
    screens.put("batches", "/");
    screens.put("batch", "/batch/" + november);
    screens.put("running", "/batch/" + running);
    screens.put("items", "/batch/" + november + "/items?state=failed");
    screens.put("item", "/batch/" + november + "/items/13");
    screens.put("errors", "/batch/" + november + "/errors");
    screens.put("timeline", "/batch/" + november + "/timeline");
    screens.put("compare", "/batch/" + november + "/compare?with=" + october);
    screens.put("settings", "/batch/" + november + "/settings");
    screens.put("new", "/new");
    screens.put("nodes", "/nodes");
    screens.put("missing", "/batch/00000000-0000-7000-8000-000000000000");
    screens.put("dialog", "/batch/" + november + "/errors?dialog=1");
    return screens;
  }
}
