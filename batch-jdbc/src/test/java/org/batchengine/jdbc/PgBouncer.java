package org.batchengine.jdbc;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A real PgBouncer before the server of a URL, as a process of its own that ends with this. */
final class PgBouncer implements AutoCloseable {
  private final Process process;
  private final int port;

  private PgBouncer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts one.
   *
   * @param url of the server; the name of the database does not matter
   * @param mode transaction or session
   * @param servers how many connections it has to a database
   */
  static PgBouncer start(String url, String mode, int servers) throws IOException {
    int port = freePort();
    Path folder = Files.createTempDirectory("pgbouncer");
    Path settings = folder.resolve("pgbouncer.ini");
    Files.writeString(
        settings,
        """
        [databases]
        * = host=127.0.0.1 port=%d user=postgres
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = %d
        unix_socket_dir =
        auth_type = any
        pool_mode = %s
        default_pool_size = %d
        max_client_conn = 1000
        ignore_startup_parameters = extra_float_digits
        """
            .formatted(serverOf(url).getPort(), port, mode, servers));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(settings, PosixFilePermissions.fromString("rw-r--r--"));
    List<String> command = new ArrayList<>(List.of("pgbouncer", settings.toString()));
    if (System.getProperty("user.name").equals("root")) {
      command.addAll(1, List.of("-u", "nobody")); // it refuses to run as root
    }
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
    PgBouncer started = new PgBouncer(process, port);
    await().atMost(Duration.ofSeconds(30)).until(started::isListening);
    return started;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static URI serverOf(String url) {
    return URI.create(url.substring("jdbc:".length()));
  }

  private boolean isListening() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The way through it to the database of the URL. */
  String url(String url) {
    return url.replace(":" + serverOf(url).getPort() + "/", ":" + port + "/");
  }

  @Override
  public void close() {
    process.destroy();
  }
}
