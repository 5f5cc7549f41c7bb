package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.jdbc.Samples.sample;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each sample of README and of the pages in docs is compiled as it stands there, and run. */
@Tag("H2")
class ReadmeSamplesTest {
  @TempDir Path folder;

  @Test
  void helloRuns() throws Exception {
    String hello =
        sample("README.md", "hello").replace("./batches", folder.resolve("hello").toString());
    String printed =
        run("Hello", Samples.IMPORTS + hello.replace("class Hello", "public class Hello"));
    assertThat(printed)
        .contains("succeeded=3", "one 3", "three 5", "fifteen 7")
        .doesNotContain("failed=1");
  }

  @Test
  void serviceRuns() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            public class Service {
              public record Invoice(String number) {}
              static final JobType<Invoice, String> ANNOTATE =
                  JobType.of("annotate", Invoice.class, String.class);

              public static void main(String[] args) throws Exception {
                try (var engine = BatchEngine.builder(JdbcBatchStore.open("jdbc:h2:%s"))
                    .register(ANNOTATE, invoice -> "seen " + invoice.number())
                    .start()) {
                  serve(engine, List.of(new Invoice("a"), new Invoice("b")), engine);
                }
              }

              static void serve(Batches batches, List<Invoice> invoices, BatchEngine engine)
                  throws Exception {
                %s
                System.out.println(engine.await(id).counts() + " " + why + " " + json.get("type"));
              }
            }
            """
                .formatted(folder.resolve("service"), sample("README.md", "service"));
    assertThat(run("Service", program)).contains("succeeded=2", "[]", "annotate");
  }

  @Test
  void springRuns() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            import org.springframework.context.annotation.*;

            public class Spring {
              record Invoice(String number) {}
              record Note(String text) {}
              static final JobType<Invoice, Note> ANNOTATE =
                  JobType.of("annotate", Invoice.class, Note.class);

              static class Annotator {
                Note annotate(Invoice invoice) {
                  return new Note("seen " + invoice.number());
                }
              }

              @Configuration
              static class Beans {
                @Bean
                Annotator annotator() {
                  return new Annotator();
                }

                %s
              }

              public static void main(String[] args) {
                try (var context = new AnnotationConfigApplicationContext()) {
                  context.setClassLoader(Spring.class.getClassLoader());
                  context.register(Beans.class);
                  context.refresh();
                  System.out.println(context.getBean(Registration.class).type());
                }
              }
            }
            """
                .formatted(sample("README.md", "spring"));
    assertThat(run("Spring", program)).contains("annotate");
  }

  @Test
  @DisplayName("REQ-M15 REQ-M16 what docs/schedules.md shows runs")
  void schedulesRun() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            public class Schedules {
              static final JobType<String, String> ANNOTATE =
                  JobType.of("annotate", String.class, String.class);

              public static void main(String[] args) throws Exception {
                BatchStore store = new InMemoryBatchStore();
                %s
                try (engine) {
                  engine.start();
                  use(engine);
                  template(engine);
                  System.out.println(engine.await(last).counts() + " " + engine.status(last).name());
                }
              }

              static BatchId last;

              static List<String> filesOf(Instant at) {
                return List.of("a");
              }

              static void use(Batches batches) {
                %s
                System.out.println(schedules.find("hourly").orElseThrow().isPaused());
              }

              static void template(Batches batches) {
                %s
                last = id;
              }
            }
            """
                .formatted(
                    sample("docs/schedules.md", "code"),
                    sample("docs/schedules.md", "steer"),
                    sample("docs/schedules.md", "template"));
    assertThat(run("Schedules", program))
        .contains("DUE", "false", "succeeded=1", "Optional[Regions]");
  }

  @Test
  @DisplayName("REQ-M17 the samples of waiting run")
  void waitingRuns() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            public class Waiting {
              static final JobType<String, String> FETCH = JobType.of("fetch", String.class, String.class);
              static final JobType<String, String> INDEX = JobType.of("index", String.class, String.class);
              static final JobType<String, String> REPORT = JobType.of("report", String.class, String.class);

              public static void main(String[] args) throws Exception {
                try (var batches = BatchEngine.builder(JdbcBatchStore.open("jdbc:h2:%s"))
                    .register(FETCH, url -> said("fetched"))
                    .register(INDEX, all -> said("indexed"))
                    .register(REPORT, id -> said("reported"))
                    .manual()) {
                  List<String> urls = List.of("a", "b");
                  List<String> noteUrls = List.of("c");
                  %s
                  batches.runUntilIdle();
                }
              }

              static String said(String what) {
                System.out.println(what);
                return what;
              }
            }
            """
                .formatted(folder.resolve("waiting"), sample("docs/waiting.md", "after"));
    assertThat(run("Waiting", program).lines())
        .containsExactly(
            "Optional[waits for 2 batches]",
            "fetched",
            "fetched",
            "fetched",
            "indexed",
            "reported");
  }

  @Test
  @DisplayName("REQ-M17 the samples of batches made of batches run")
  void fillingRuns() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            public class Filling {
              static final JobType<String, Integer> READ = JobType.of("read", String.class, Integer.class);
              static final JobType<String, Integer> READ_SLOWLY =
                  JobType.of("read-slowly", String.class, Integer.class);
              static final JobType<Integer, Integer> SUM = JobType.of("sum", Integer.class, Integer.class);
              static final JobType<String, String> REPORT = JobType.of("report", String.class, String.class);

              public static void main(String[] args) throws Exception {
                try (var batches = BatchEngine.builder(JdbcBatchStore.open("jdbc:h2:%s"))
                    .register(READ, (file, context) ->
                        file.isEmpty() ? context.giveUp("E_EMPTY", "no name") : Integer.valueOf(file.length()))
                    .register(READ_SLOWLY, file -> said("slowly", -1))
                    .register(SUM, number -> said("summed", number + number))
                    .register(REPORT, id -> {
                      said("reported", 0);
                      return id;
                    })
                    .manual()) {
                  List<String> files = List.of("a", "", "ccc");
                  %s
                  batches.runUntilIdle();
                }
              }

              static int said(String what, int number) {
                System.out.println(what + " " + number);
                return number;
              }
            }
            """
                .formatted(folder.resolve("filling"), sample("docs/waiting.md", "fill"));
    assertThat(run("Filling", program).lines())
        .containsExactlyInAnyOrder("true", "summed 2", "summed 6", "slowly -1", "reported 0");
  }

  @Test
  void steeringRuns() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            public class Steering {
              static final JobType<String, String> WORK =
                  JobType.of("work", String.class, String.class);
              static final JobType<String, String> ASK =
                  JobType.of("ask", String.class, String.class).measuring("usd");

              public static void main(String[] args) throws Exception {
                try (ManualEngine engine = BatchEngine.builder(new InMemoryBatchStore())
                    .register(WORK, (input, context) ->
                        context.attempt() > 1 ? input : context.giveUp("BUSY", "is busy"))
                    .manual()) {
                  BatchId id = engine.submit(WORK, List.of("a", "b"));
                  engine.runUntilIdle();
                  retry(engine, id);
                  engine.runUntilIdle();
                  System.out.println(engine.status(id).counts());
                  BatchId bounded =
                      engine.submit(bounds(List.of("c"), Instant.now().plusSeconds(60)));
                  BatchJob own = engine.status(engine.submit(options(List.of("d"))));
                  System.out.println(own.timeout() + " " + own.chunkSize());
                  change(engine, bounded);
                  System.out.println("priority " + engine.status(bounded).priority());
                  BatchId cheap = engine.submit(budget(List.of("e")));
                  raise(engine, cheap);
                  System.out.println(engine.status(cheap).budget());
                  steer(engine, bounded);
                  engine.runUntilIdle();
                  System.out.println(engine.status(bounded).stateReason());
                }
              }

              static void steer(Batches batches, BatchId id) {
                %s
              }

              static void retry(Batches batches, BatchId id) {
                %s
              }

              static BatchRequest<String> bounds(List<String> inputs, Instant tonight) {
                %s
                return request;
              }

              static BatchRequest<String> options(List<String> inputs) {
                %s
                return request;
              }

              static void change(Batches batches, BatchId id) {
                %s
              }

              static BatchRequest<String> budget(List<String> inputs) {
                %s
                return request;
              }

              static void raise(Batches batches, BatchId id) {
                %s
              }
            }
            """
                .formatted(
                    sample("docs/steering.md", "steering"),
                    sample("docs/steering.md", "retry"),
                    sample("docs/steering.md", "bounds"),
                    sample("docs/steering.md", "options"),
                    sample("docs/steering.md", "change"),
                    sample("docs/steering.md", "budget"),
                    sample("docs/steering.md", "raise"));
    assertThat(run("Steering", program))
        .contains(
            "2 times BUSY",
            "2 items run again, in run 2",
            "succeeded=2",
            "[ordered by mistake]",
            "Optional[PT2M] Optional[20]",
            "priority 9",
            "Optional[usd 80.0]");
  }

  @Test
  void reportsRun() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            public class Reports {
              static final JobType<String, String> WORK =
                  JobType.of("work", String.class, String.class);

              public static void main(String[] args) throws Exception {
                try (ManualEngine engine = BatchEngine.builder(new InMemoryBatchStore())
                    .register(WORK, (input, context) ->
                        input.equals("a") ? input : context.giveUp("BUSY", "is busy"))
                    .manual()) {
                  BatchId id = engine.submit(WORK, List.of("a", "b"));
                  engine.runUntilIdle();
                  show(engine, id, Instant.now().minusSeconds(60));
                }
              }

              static void show(Batches batches, BatchId id, Instant monday) {
                %s
                System.out.println(chart.get("attempts"));
              }
            }
            """
                .formatted(sample("docs/reports.md", "reports"));
    assertThat(run("Reports", program))
        .contains("half took at most ", "1.0 BUSY", "00:00Z 1", "[{attempts=1, items=2}]");
  }

  @Test
  void transactionsRun() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            public class Transactions {
              static final JobType<String, Void> SHIP = JobType.of("ship", String.class);
              static final JobType<String, Void> BOOK = JobType.of("book", String.class);

              public static void main(String[] args) throws Exception {
                String url = "jdbc:h2:async:%s;WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE";
                try (Connection host = DriverManager.getConnection(url, "sa", "")) {
                  host.createStatement().execute("create table orders (id int primary key)");
                  host.createStatement().execute("create table ledger (invoice varchar)");
                  inChunks(JdbcBatchStore.open(url));
                  BatchStore store = JdbcBatchStore.open(url);
                  %s
                  try (engine) {
                    submit(engine, host);
                    engine.await(engine.submit(BOOK, List.of("i1", "i2")));
                    print(host, "select count(*) from orders");
                    print(host, "select count(*) from ledger");
                    System.out.println(engine.history(HistoryQuery.all().type("ship")).items().size());
                  }
                }
              }

              static void print(Connection connection, String query) throws Exception {
                ResultSet row = connection.createStatement().executeQuery(query);
                row.next();
                System.out.println(query + " " + row.getInt(1));
              }

              static void inChunks(BatchStore store) throws Exception {
                %s
                try (engine) {
                  engine.await(engine.submit(BOOK, List.of("i3", "i4", "i5")));
                }
              }

              static void submit(Batches batches, Connection connection) throws Exception {
                %s
              }
            }
            """
                .formatted(
                    folder.resolve("transactions"),
                    sample("docs/transactions.md", "process"),
                    sample("docs/transactions.md", "chunks"),
                    sample("docs/transactions.md", "submit"));
    assertThat(run("Transactions", program))
        .contains("from orders 1", "from ledger 5")
        .endsWith("1\n");
  }

  @Test
  @DisplayName(
      "REQ-M18 samples of messages: a webhook of all batches, its receiver, and a mail of one")
  void messagesRun() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            import com.sun.net.httpserver.HttpServer;
            import java.io.*;
            import java.net.*;
            import java.nio.charset.StandardCharsets;
            import java.security.*;
            import java.util.concurrent.*;
            import java.util.function.Supplier;
            import javax.crypto.Mac;
            import javax.crypto.spec.SecretKeySpec;

            public class Messages {
              static final JobType<String, String> WORK =
                  JobType.of("work", String.class, String.class);
              static final JobType<BatchEnd, Void> MAIL = JobType.of("mail", BatchEnd.class);
              static final String SECRET = "a secret of the receiver";
              static InetSocketAddress MAIL_SERVER;
              static ManualEngine engine;

              public static void main(String[] args) throws Exception {
                InetAddress here = InetAddress.getLoopbackAddress();
                List<String> received = new CopyOnWriteArrayList<>();
                HttpServer http = HttpServer.create(new InetSocketAddress(here, 0), 0);
                http.createContext("/", exchange -> {
                  byte[] body = exchange.getRequestBody().readAllBytes();
                  var headers = exchange.getRequestHeaders();
                  String id = headers.getFirst("Webhook-Id");
                  String time = headers.getFirst("Webhook-Timestamp");
                  String signature = headers.getFirst("Webhook-Signature");
                  try {
                    received.add(isGenuine(SECRET, time, id, body, signature)
                        + " " + isGenuine("another", time, id, body, signature)
                        + " " + isGenuine(SECRET, "1", id, body, signature));
                  } catch (GeneralSecurityException e) {
                    throw new IOException(e);
                  }
                  exchange.sendResponseHeaders(204, -1);
                  exchange.close();
                });
                http.start();
                ServerSocket smtp = new ServerSocket(0, 5, here);
                MAIL_SERVER = new InetSocketAddress(here, smtp.getLocalPort());
                Thread server = new Thread(() -> {
                  serve(smtp, received, "250 queued");
                  serve(smtp, received, "451 full");
                  serve(smtp, received, "554 spam");
                });
                server.start();
                URI url = URI.create("http://127.0.0.1:" + http.getAddress().getPort() + "/hook");
                ManualClock clock = ManualClock.at(Instant.EPOCH);
                var builder = BatchEngine.builder(new InMemoryBatchStore(clock))
                    .clock(clock)
                    .register(WORK, text -> text)
                    .register(MAIL, Messages::mail, JobOptions.defaults().retry(RetryPolicy.none()));
                engine = add(builder, url, SECRET, () -> engine).manual();
                BatchJob job = engine.await(submit(engine, List.of("a")));
                clock.advance(Duration.ofSeconds(1));
                engine.runUntilIdle();
                System.out.println(job.notifies() + " " + told(engine, job.id()).counts());
                for (int i = 0; i < 2; i++) {
                  BatchId id = engine.submit(MAIL, List.of(BatchEnd.of(job)));
                  System.out.println(engine.await(id).state() + " "
                      + engine.item(id, 0).orElseThrow().error().map(ItemError::type));
                }
                server.join();
                engine.close();
                http.stop(0);
                received.forEach(System.out::println);
              }

              /** Takes one mail, and answers so. */
              static void serve(ServerSocket smtp, List<String> received, String last) {
                try (Socket socket = smtp.accept()) {
                  var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                  var out = socket.getOutputStream();
                  boolean isData = false;
                  out.write("220 ready\\r\\n".getBytes());
                  for (String line = in.readLine(); line != null; line = in.readLine()) {
                    if (line.startsWith("Subject") || line.startsWith("RCPT")) {
                      received.add(line);
                    }
                    boolean isEnd = line.equals(".");
                    if (!isData || isEnd) {
                      isData = line.equals("DATA");
                      String answer = isEnd ? last : isData ? "354 go on" : "250 ok";
                      out.write((answer + "\\r\\n").getBytes());
                    }
                  }
                } catch (IOException e) {
                  received.add(e.toString());
                }
              }

              %s
              %s
              %s
              %s
            }
            """
                .formatted(
                    sample("docs/messages.md", "webhook"),
                    sample("docs/messages.md", "notify"),
                    sample("docs/messages.md", "verify"),
                    sample("docs/messages.md", "mail"));
    assertThat(run("Messages", program))
        .contains("[mail, ended] ", "succeeded=1", "true false false")
        .contains("Optional[SMTP_451]", "Optional[SMTP_554]")
        .contains("RCPT TO:<ops@example.org>", "Subject: Batch COMPLETED");
  }

  @Test
  void eventsRun() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            public class Events {
              static final JobType<String, String> WORK =
                  JobType.of("work", String.class, String.class);

              public static void main(String[] args) throws Exception {
                try (ManualEngine engine = BatchEngine.builder(new InMemoryBatchStore())
                    .register(WORK, text -> text)
                    .manual()) {
                  engine.await(engine.submit(WORK, List.of("a")));
                  follow(engine, 1);
                  hear(engine, engine.submit(WORK, List.of("b")));
                  notify(engine);
                  audit(engine, engine.submit(WORK, List.of("b")), WORK, List.of("c"));
                }
              }

              static void follow(Batches batches, long position) {
                %s
                System.out.println("at " + position);
              }

              static void hear(Batches batches, BatchId id) throws Exception {
                %s
              }

              static void notify(Batches batches) {
                %s
              }

              static void audit(
                  Batches batches, BatchId id, JobType<String, String> type, List<String> items) {
                %s
              }
            }
            """
                .formatted(
                    sample("docs/events.md", "follow"),
                    sample("docs/events.md", "subscribe"),
                    sample("docs/events.md", "reader"),
                    sample("docs/events.md", "audit"));
    assertThat(run("Events", program))
        .contains("STARTED ", "COMPLETED ", "at 3", "mail ", "event=PROGRESSED", "total=1")
        .contains("SUBMITTED by alice: null", "PAUSED by alice: the vendor is down")
        .doesNotContain("SUBMITTED 0");
  }

  @Test
  void observingRuns() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
            import org.batchengine.micrometer.*;

            public class Observing {
              static final JobType<String, String> WORK =
                  JobType.of("work", String.class, String.class);

              public static void main(String[] args) throws Exception {
                var registry = new SimpleMeterRegistry();
                try (ManualEngine engine = BatchEngine.builder(new InMemoryBatchStore())
                    .register(WORK, text -> text)
                    .manual()) {
                  %s
                  engine.await(engine.submit(WORK, List.of("a", "b")));
                  System.out.println(answer);
                }
                registry.getMeters().forEach(meter -> System.out.println(meter.getId()));
                System.out.println(registry.get("batch.engine.items").tag("state", "succeeded").counter().count());
              }
            }
            """
                .formatted(sample("docs/observing.md", "observing"));
    String printed = run("Observing", program);
    assertThat(printed).contains("status=UP").doesNotContain("down").endsWith("2.0\n");
    assertThat(namesIn(printed))
        .isEqualTo(namesIn(Files.readString(Path.of("../docs/observing.md"))));
  }

  @Test
  @DisplayName("what docs/choosing.md shows for rows in another database writes each of them once")
  void choosingRuns() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            import javax.sql.DataSource;
            import org.h2.jdbcx.JdbcDataSource;

            public class Elsewhere {
              static final JobType<String, Void> BOOK = JobType.of("book", String.class);

              public static void main(String[] args) throws Exception {
                var elsewhere = new JdbcDataSource();
                elsewhere.setURL("jdbc:h2:mem:elsewhere;DB_CLOSE_DELAY=-1");
                try (Connection host = elsewhere.getConnection()) {
                  host.createStatement()
                      .execute("create table batch_done (item varchar(50) primary key)");
                  host.createStatement().execute("create table ledger (invoice varchar)");
                  ManualClock clock = ManualClock.at(Instant.EPOCH);
                  try (ManualEngine engine = BatchEngine.builder(new InMemoryBatchStore(clock))
                      .clock(clock)
                      .register(BOOK, (invoice, context) -> {
                        book(invoice, context, elsewhere);
                        return context.attempt() == 1
                            ? context.fail("LOST", "the answer to the commit") : null;
                      }, JobOptions.defaults().retry(RetryPolicy.fixed(Duration.ofSeconds(1))))
                      .manual()) {
                    BatchId id = engine.submit(BOOK, List.of("i1", "i2"));
                    engine.runUntilIdle();
                    clock.advance(Duration.ofMinutes(1));
                    engine.runUntilIdle();
                    System.out.println(engine.status(id).counts());
                  }
                  ResultSet rows =
                      host.createStatement().executeQuery("select invoice from ledger order by 1");
                  while (rows.next()) {
                    System.out.println("row " + rows.getString(1));
                  }
                  host.createStatement().execute("shutdown");
                }
              }

              %s
            }
            """
                .formatted(sample("docs/choosing.md", "elsewhere"));
    assertThat(run("Elsewhere", program)).contains("succeeded=2").endsWith("row i1\nrow i2\n");
  }

  private static Set<String> namesIn(String text) {
    Set<String> names = new TreeSet<>();
    Matcher name = Pattern.compile("[`']batch\\.engine\\.[a-z.]+[`']").matcher(text);
    while (name.find()) {
      names.add(name.group().substring(1, name.group().length() - 1));
    }
    return names;
  }

  private String run(String name, String program) throws Exception {
    return Samples.run(folder, name, program);
  }
}
