package org.batchengine.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A way over TCP to a server of PostgreSQL, which a test disturbs. */
final class TcpProxy implements AutoCloseable {
  /** What becomes of the bytes, and of new connections. */
  enum Way {
    OPEN,
    /** Each connection is reset as it is made. */
    AWAY,
    /** Connections are taken, and nothing ever arrives, in either direction. */
    BLACK_HOLE,
    /** A byte at a time, a thousand a second. */
    SLOW
  }

  private static final int LARGEST = 1 << 16;

  private final ServerSocket entrance;
  private final String host;
  private final int port;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicInteger lost = new AtomicInteger();
  private volatile Way way = Way.OPEN;
  private volatile boolean closed;
  private volatile Loss loss = new Loss("", "", 0);

  /** After a statement, the answer to what follows it: how many times. */
  private record Loss(String statement, String then, int times) {}

  /** In front of the server of the URL. */
  TcpProxy(String jdbcUrl) {
    URI server = URI.create(jdbcUrl.substring("jdbc:".length()));
    host = server.getHost();
    port = server.getPort();
    try {
      entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    thread(this::accept);
  }

  /** The URL with this in the server's place. */
  String url(String jdbcUrl) {
    return jdbcUrl.replace(host + ":" + port, "127.0.0.1:" + entrance.getLocalPort());
  }

  void set(Way next) {
    way = next;
  }

  /** Connections that were made, or tried, so far. */
  int accepted() {
    return accepted.get();
  }

  /** Answers that were lost so far. */
  int lost() {
    return lost.get();
  }

  /**
   * A connection that has sent the one text, and then the other, is reset when the server has
   * answered that; the client never sees the answer. The next so many times.
   */
  void loseAnswers(String statement, String then, int times) {
    loss = new Loss(statement, then, lost.get() + times);
  }

  /** Ends all connections at once, without a farewell. */
  void reset() {
    links.forEach(Link::reset);
  }

  /** The server seems to have ended all connections, which stay open the other way. */
  void halfClose() {
    links.forEach(Link::halfClose);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    entrance.close();
    reset();
  }

  private void accept() {
    while (!closed) {
      try {
        Socket client = entrance.accept();
        accepted.incrementAndGet();
        if (way == Way.AWAY) {
          client.setSoLinger(true, 0);
          client.close();
        } else {
          new Link(client, new Socket(host, port)).open();
        }
      } catch (IOException e) {
        // This was closed, or the server is away: the client sees an end.
      }
    }
  }

  private static void thread(Runnable body) {
    Thread thread = new Thread(body, "tcp-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  /** A connection of the client, and the one to the server that belongs to it. */
  private final class Link {
    private final Socket client;
    private final Socket server;
    private volatile boolean hasStatement;
    private volatile boolean losesAnswer;

    Link(Socket client, Socket server) throws IOException {
      this.client = client;
      this.server = server;
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
    }

    void open() {
      links.add(this);
      thread(() -> pump(client, server, true));
      thread(() -> pump(server, client, false));
    }

    private void pump(Socket from, Socket to, boolean isRequest) {
      byte[] buffer = new byte[LARGEST];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          if (way == Way.BLACK_HOLE) {
            continue;
          }
          if (isRequest) {
            note(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
          } else if (losesAnswer) {
            lost.incrementAndGet();
            reset();
            return;
          }
          write(out, buffer, read);
        }
        to.shutdownOutput();
      } catch (IOException e) {
        reset();
      }
    }

    private void note(String request) {
      Loss current = loss;
      if (lost.get() >= current.times) {
        return;
      }
      hasStatement |= request.contains(current.statement);
      losesAnswer |= hasStatement && request.contains(current.then);
      if (request.contains("COMMIT") || request.contains("ROLLBACK")) {
        hasStatement = false;
      }
    }

    private void write(OutputStream out, byte[] bytes, int length) throws IOException {
      if (way != Way.SLOW) {
        out.write(bytes, 0, length);
        return;
      }
      for (byte one : Arrays.copyOf(bytes, length)) {
        if (way == Way.SLOW) {
          LockSupport.parkNanos(1_000_000);
        }
        out.write(one);
      }
    }

    private void reset() {
      links.remove(this);
      for (Socket socket : new Socket[] {client, server}) {
        try {
          socket.setSoLinger(true, 0);
          socket.close();
        } catch (IOException e) {
          // It was closed before.
        }
      }
    }

    private void halfClose() {
      try {
        client.shutdownOutput();
      } catch (IOException e) {
        // It was closed before.
      }
    }
  }
}
