package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application with everything it needs in a class loader of its own, deployed five times. */
@DisplayName("FAULT-H6 an application that is deployed again leaves nothing behind")
@Timeout(120)
class RedeployTest {
  private static final int TIMES = 5;

  @TempDir Path folder;

  /** As a server does before it has any application. */
  @BeforeAll
  static void initialiseDrivers() {
    assertThat(DriverManager.drivers()).isNotEmpty();
  }

  /** On threads of its own: those that the JDK has for files end after an idle minute. */
  @Test
  void onH2() throws Exception {
    leavesNothing("jdbc:h2:" + folder.resolve("redeployed"));
  }

  @Test
  void onPostgres() throws Exception {
    String url = PostgresServer.emptyDatabase();
    leavesNothing(url);
    PostgresServer.giveBack(url);
  }

  private static void leavesNothing(String url) throws Exception {
    List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    for (int i = 0; i < TIMES; i++) {
      loaders.add(deployed(url));
    }
    await()
        .untilAsserted(() -> assertThat(threadsOf(loaders)).extracting(Thread::getName).isEmpty());

    // Before JDK 19, the virtual machine keeps the last class whose records were compared.
    deployed(url);
    await()
        .until(
            () -> {
              System.gc();
              return loaders.stream().allMatch(each -> each.get() == null);
            });
  }

  /** Runs it on the thread of a request, which ends with it. */
  private static WeakReference<ClassLoader> deployed(String url) throws Exception {
    URLClassLoader loader =
        new URLClassLoader("application", classPath(), ClassLoader.getPlatformClassLoader());
    CompletableFuture<String> said = new CompletableFuture<>();
    Thread request =
        new Thread(
            () -> {
              try {
                said.complete(run(loader, url));
              } catch (ReflectiveOperationException | RuntimeException | Error e) {
                said.completeExceptionally(e);
              }
            });
    request.setContextClassLoader(loader);
    request.start();
    request.join();
    assertThat(said).isCompletedWithValue("9 of 10");
    loader.close();
    return new WeakReference<>(loader);
  }

  @SuppressWarnings("unchecked") // it is one
  private static String run(ClassLoader loader, String url) throws ReflectiveOperationException {
    Class<?> program = loader.loadClass(RedeployedProgram.class.getName());
    return ((UnaryOperator<String>) program.getDeclaredConstructor().newInstance()).apply(url);
  }

  private static URL[] classPath() throws Exception {
    List<URL> all = new ArrayList<>();
    String[] paths = System.getProperty("java.class.path").split(File.pathSeparator, -1);
    for (String each : paths) {
      all.add(new File(each).toURI().toURL());
    }
    return all.toArray(URL[]::new);
  }

  private static List<Thread> threadsOf(List<WeakReference<ClassLoader>> loaders) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> loaders.stream().anyMatch(each -> isOf(each.get(), thread)))
        .toList();
  }

  private static boolean isOf(@Nullable ClassLoader loader, Thread thread) {
    return loader != null
        && (thread.getContextClassLoader() == loader
            || thread.getClass().getClassLoader() == loader);
  }
}
