package org.batchengine.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.FluentWait;

/** A Chromium without a window. Whatever is looked for is waited for. */
final class Browser implements AutoCloseable {
  static final int WIDE = 1280;
  static final int NARROW = 390;
  private static final int MIN_HEIGHT = 500;
  private static final String INSTALL =
      "apt-get install -y chromium chromium-driver nginx-light fonts-dejavu-core";
  private static final Duration PATIENCE = Duration.ofSeconds(25);

  private final ChromeDriver driver;

  /**
   * Starts it.
   *
   * @param folder for its profile
   */
  Browser(Path folder) throws IOException {
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options =
        new ChromeOptions()
            .setBinary(installed("/usr/bin/chromium").toFile())
            .addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                // Else it passes over some of 200 changes of the address in ten seconds.
                "--disable-ipc-flooding-protection",
                "--user-data-dir=" + Files.createTempDirectory(folder, "chromium"));
    options.setCapability("goog:loggingPrefs", logs);
    driver =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(installed("/usr/bin/chromedriver").toFile())
                .usingAnyFreePort()
                .build(),
            options);
    size(WIDE, 900);
  }

  /** A program of Debian; if it is missing, says how to get it. */
  static Path installed(String program) {
    Path path = Path.of(program);
    if (!Files.isExecutable(path)) {
      throw new IllegalStateException("%s is missing: %s".formatted(program, INSTALL));
    }
    return path;
  }

  ChromeDriver driver() {
    return driver;
  }

  /** Opens an address, as a new page. */
  void open(String address) {
    driver.get("about:blank");
    driver.get(address);
  }

  /** Signs in by the address, as the service prints it, and goes to a screen. */
  void open(String base, String token, String route) {
    open(base + "#token=" + token);
    until("signed in", () -> !all("#top nav a").isEmpty());
    script(
        "window.heard = [];"
            + "const said = document.getElementById('said');"
            + "new MutationObserver(() => window.heard.push(said.textContent))"
            + ".observe(said, {childList: true, characterData: true, subtree: true})");
    go(route);
  }

  /** Goes to a screen of the page that is open, and waits until it is there. */
  void go(String route) {
    script("location.hash = arguments[0]", route);
    settled();
  }

  /** Waits until the screen of the address is shown, and nothing says "Loading". */
  void settled() {
    until(
        "shown",
        () ->
            (Boolean)
                script(
                    "const main = document.getElementById('main');"
                        + "return main.dataset.path === (location.hash.slice(1) || '/').split('?')[0]"
                        + " && !main.hasAttribute('aria-busy') && !main.innerText.includes('Loading …')"
                        + " && [...main.querySelectorAll('.chart')].every(c => c.classList.contains('bare') || c.querySelector('svg'));"));
  }

  void size(int width, int height) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
  }

  void theme(String name) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", name))));
  }

  Object script(String script, Object... arguments) {
    return driver.executeScript(script, arguments);
  }

  List<WebElement> all(String selector) {
    return driver.findElements(By.cssSelector(selector));
  }

  /** The first element that matches, once there is one that can be seen. */
  WebElement one(String selector) {
    return found(By.cssSelector(selector));
  }

  /** The button or link whose text begins so; in a dialog if one is open. */
  WebElement labelled(String label) {
    String inside = all("dialog[open]").isEmpty() ? "" : "//dialog";
    return found(
        By.xpath(
            "%s//*[self::button or self::a][starts-with(normalize-space(.), '%s')]"
                .formatted(inside, label)));
  }

  private WebElement found(By by) {
    return waiting("to see " + by)
        .until(
            here -> {
              WebElement element = here.findElement(by);
              return element.isDisplayed() ? element : null;
            });
  }

  /** Clicks at a button or link whose text begins so. */
  void click(String label) {
    labelled(label).click();
  }

  /** Clicks at a button of a dialog, and waits until that is closed. */
  void confirm(String label) {
    click(label);
    until("a closed dialog", () -> all("dialog[open]").isEmpty());
  }

  void type(CharSequence... keys) {
    driver.switchTo().activeElement().sendKeys(keys);
  }

  void enter(String name, String text) {
    one("[name='%s']".formatted(name)).sendKeys(Keys.chord(Keys.CONTROL, "a"), text);
  }

  /** All that can be read. */
  String text() {
    return String.valueOf(script("return document.body.innerText"));
  }

  void reads(String text) {
    try {
      until("to read " + text, () -> text().contains(text));
    } catch (org.openqa.selenium.TimeoutException e) {
      throw new AssertionError("the page reads:\n" + text(), e);
    }
  }

  /** Something was said since the page was opened: the next thing takes its place at once. */
  void hears(String text) {
    until(
        "to hear " + text,
        () -> (Boolean) script("return window.heard.some(t => t.includes(arguments[0]))", text));
  }

  void until(String what, java.util.function.BooleanSupplier condition) {
    waiting(what).until(here -> condition.getAsBoolean());
  }

  private FluentWait<ChromeDriver> waiting(String what) {
    return new FluentWait<>(driver)
        .withTimeout(PATIENCE)
        .pollingEvery(Duration.ofMillis(20))
        .withMessage(what)
        .ignoring(NoSuchElementException.class)
        .ignoring(StaleElementReferenceException.class);
  }

  /** What the console has said since it was asked. */
  List<String> console() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(entry -> entry.getLevel() + " " + entry.getMessage())
        .toList();
  }

  /** Whether something is wider than the window. */
  boolean scrollsSideways() {
    return (Boolean)
        script(
            "return document.documentElement.scrollWidth > document.documentElement.clientWidth");
  }

  /** A picture of the page, as tall as it is or at most so many pixels. */
  byte[] picture(int width, int most) {
    size(width, MIN_HEIGHT);
    Number height = (Number) script("return document.documentElement.scrollHeight");
    size(width, Math.min(most, height.intValue()));
    return driver.getScreenshotAs(OutputType.BYTES);
  }

  @Override
  public void close() {
    driver.quit();
  }
}
