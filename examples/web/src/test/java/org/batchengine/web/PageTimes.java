package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.batchengine.BatchRequest;
import org.batchengine.model.BatchId;

/**
 * Prints how soon each screen has its header and rows in a database with many batches and one large
 * one, while others of that size are submitted and drained one after the other.
 */
final class PageTimes {
  private static final int VISITS = 20;
  private static final String[] TABS = {
    "", "/items", "/items?state=failed", "/errors", "/timeline", "/settings"
  };

  /** The time from a change of the address until the screen is there, seen before each frame. */
  private static final String VISIT =
      """
      const [route, done] = arguments;
      const main = document.getElementById('main');
      const began = performance.now();
      const look = () => main.dataset.path === route.split('?')[0] && !main.hasAttribute('aria-busy')
          && ![...main.querySelectorAll('.quiet')].some(one => one.textContent === 'Loading …')
        ? done(main.querySelector('.problem, .wrong')?.innerText ?? performance.now() - began)
        : setTimeout(look, 1);
      location.hash = route;
      look();
      """;

  private PageTimes() {}

  /**
   * Prints a line a screen.
   *
   * @param args how many batches, of 10 items each; how many items the large one has
   */
  public static void main(String[] args) throws Exception {
    int batches = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    int items = args.length > 1 ? Integer.parseInt(args[1]) : 1_000_000;
    Path folder = Files.createTempDirectory("times");
    try (EmbeddedPostgres server = EmbeddedPostgres.start();
        Exhibit exhibit = new Exhibit(server.getJdbcUrl("postgres", "postgres"), folder, 0);
        Browser browser = new Browser(folder)) {
      for (int i = 0; i < batches; i++) {
        exhibit.batches().submit(numbers(10).name("Batch " + i));
      }
      BatchId large = exhibit.batches().submit(numbers(items).name("Large"));
      exhibit.engine.await(large);
      AtomicBoolean isMeasured = new AtomicBoolean();
      FutureTask<Integer> drained = new FutureTask<>(() -> drain(exhibit, items, isMeasured));
      new Thread(drained).start();

      List<String> routes =
          new ArrayList<>(
              List.of("/", "/?status=completed", "/new", "/limits", "/nodes", "/schedules"));
      Arrays.stream(TABS).forEach(tab -> routes.add("/batch/" + large + tab));
      browser.open(exhibit.address(), Exhibit.ROOT, "/");
      for (String route : routes) {
        System.out.println(line(browser, route.replace(large.toString(), "…"), route));
      }
      isMeasured.set(true);
      System.out.printf("batches drained beside it: %d%n", drained.get());
    }
  }

  private static int drain(Exhibit exhibit, int items, AtomicBoolean isMeasured)
      throws InterruptedException {
    int drained = 0;
    for (; !isMeasured.get(); drained++) {
      exhibit.engine.await(exhibit.batches().submit(numbers(items).name("Drained")));
    }
    return drained;
  }

  private static BatchRequest<Integer> numbers(int items) {
    return BatchRequest.of(Exhibit.NUMBERS, IntStream.range(0, items).boxed());
  }

  private static String line(Browser browser, String name, String route) {
    double[] millis = new double[VISITS];
    for (int i = 0; i < VISITS; i++) {
      browser.driver().executeAsyncScript(VISIT, "/nowhere");
      Object answer = browser.driver().executeAsyncScript(VISIT, route);
      assertThat(answer).as(route).isInstanceOf(Number.class);
      millis[i] = ((Number) answer).doubleValue();
    }
    Arrays.sort(millis);
    return "%-28s p50 %4.0f ms  p95 %4.0f ms"
        .formatted(name, millis[VISITS / 2], millis[(int) Math.ceil(0.95 * VISITS) - 1]);
  }
}
