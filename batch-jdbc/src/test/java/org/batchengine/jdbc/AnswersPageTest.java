package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What docs/answers.md shows. */
@Timeout(60)
class AnswersPageTest {
  private static final String PAGE = "docs/answers.md";

  @TempDir Path folder;

  @Test
  @DisplayName("REQ-M5 REQ-M7 the samples on answers and corrected inputs run")
  void samplesRun() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            public class Handing {
              static final JobType<String, String> ASK =
                  JobType.of("ask", String.class, String.class);
              static final List<String> SENT = new ArrayList<>();

              static void send(String question, String deferral) {
                SENT.add(deferral);
              }

              public static void main(String[] args) {
                try (ManualEngine engine = BatchEngine.builder(new InMemoryBatchStore())
                    .register(ASK, Handing::handOut)
                    .manual()) {
                  BatchId id = engine.submit(
                      BatchRequest.of(ASK, List.of("a", "b", "c", " d"))
                          .keyedBy(text -> "q-" + (7 + text.strip().charAt(0) - 'a')));
                  engine.runUntilIdle();
                  System.out.println(answered(engine, SENT.get(1), "because"));
                  System.out.println(answered(engine, SENT.get(1), "because"));
                  engine.settle(ASK, id, 0, Verdict.gaveUp("TYPO", "what?"));
                  engine.settle(ASK, id, 2, Verdict.gaveUp("BLANK", "what?"));
                  engine.settle(ASK, id, 3, Verdict.gaveUp("TYPO", "what?"));
                  System.out.println(engine.await(id).counts().failed());
                  correct(engine, id);
                  System.out.println(
                      engine.status(id).counts().failed() + " " + engine.item(id, 0).get().input());
                }
              }

              %s
              %s
              %s
            }
            """
                .formatted(
                    Samples.sample(PAGE, "defer"),
                    Samples.sample(PAGE, "settle"),
                    Samples.sample(PAGE, "correct"));

    assertThat(Samples.run(folder, "Handing", program))
        .containsSubsequence("SETTLED", "ALREADY_SETTLED", "3", "0 What is 6 * 7?");
  }

  @Test
  @DisplayName("REQ-M5 the recipe is exact, wherever a node is taken over or a poll is broken off")
  void recipeIsExact() throws Exception {
    String program =
        Samples.IMPORTS
            + """
            import com.sun.net.httpserver.*;
            import java.io.*;
            import java.net.*;
            import java.nio.charset.StandardCharsets;

            public class Asking {
              static final JobType<String, String> ASK =
                  JobType.of("ask", String.class, String.class);
              static final int STEPS = 24;

              // The provider: what was submitted under each key, and how often each attempt was.
              static final Map<String, String> LINES = new TreeMap<>();
              static final Map<String, String> OF = new HashMap<>();
              static final Map<String, Integer> ASKED = new HashMap<>();
              static final Set<String> EXPIRED = new HashSet<>();
              static String url;

              // What goes wrong, before which step.
              static int step;
              static int last;
              static Runnable trouble = () -> {};

              public static void main(String[] args) throws Exception {
                HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
                server.createContext("/", Asking::answer);
                server.start();
                url = "http://127.0.0.1:" + server.getAddress().getPort();
                try {
                  for (last = 1; last <= STEPS; last++) {
                    run();
                  }
                } finally {
                  server.stop(0);
                }
              }

              static void run() throws Exception {
                LINES.clear();
                ASKED.clear();
                EXPIRED.clear();
                step = 0;
                ManualClock clock = ManualClock.at(Instant.EPOCH);
                InMemoryBatchStore store = new InMemoryBatchStore(clock);
                ManualEngine one = engine(store, clock);
                ManualEngine two = engine(store, clock);
                trouble = () -> pass(clock, two, 40); // the other node takes over
                BatchId id = one.submit(
                    BatchRequest.of(ASK, List.of("a", "b", "c", "d", "e", "f")).keyedBy(t -> "q-" + t));
                one.runUntilIdle();
                trouble = () -> {
                  throw new IllegalStateException("broken off");
                };
                for (int i = 0; i < 6; i++) {
                  try {
                    poll(one);
                  } catch (IllegalStateException brokenOff) {
                    poll(two);
                  }
                  pass(clock, two, 4);
                }
                BatchJob job = two.status(id);
                System.out.println(
                    last + ": " + job.state() + " " + job.counts().succeeded() + " retries "
                        + job.retries() + " asked " + Collections.max(ASKED.values())
                        + " of " + ASKED.size() + ";");
                one.close();
                two.close();
              }

              static ManualEngine engine(BatchStore store, ManualClock clock) {
                return BatchEngine.builder(store)
                    .clock(clock)
                    .registerBulk(ASK, Asking::submit, JobOptions.defaults()
                        .chunkSize(3)
                        .concurrency(1)
                        .retry(RetryPolicy.fixed(Duration.ofSeconds(1)).maxRetries(3)))
                    .manual();
              }

              static void pass(ManualClock clock, ManualEngine engine, int seconds) {
                for (int i = 0; i < seconds; i++) {
                  clock.advance(Duration.ofSeconds(1));
                  engine.runUntilIdle();
                }
              }

              static void mayBreak() {
                if (++step == last) {
                  trouble.run();
                }
              }

              static String call(String verb, String path, String body) throws Exception {
                mayBreak();
                HttpURLConnection call = (HttpURLConnection) new URL(url + path).openConnection();
                call.setRequestMethod(verb);
                if (verb.equals("POST")) {
                  call.setDoOutput(true);
                  call.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
                }
                String answer =
                    new String(call.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                mayBreak();
                return answer;
              }

              static synchronized void answer(HttpExchange exchange) throws IOException {
                String path = exchange.getRequestURI().getPath();
                String key = path.substring(path.lastIndexOf('/') + 1);
                String body =
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                String answer = "";
                switch (exchange.getRequestMethod() + (path.equals("/done") ? " done" : "")) {
                  case "POST" -> {
                    if (OF.put(key, exchange.getRequestURI().getQuery().substring(3)) == null) {
                      LINES.put(key, body);
                      body.lines().forEach(l -> ASKED.merge(l.split("\\t")[0], 1, Integer::sum));
                    }
                  }
                  case "GET done" -> {
                    for (String each : LINES.keySet()) {
                      answer += each + " " + OF.get(each) + "\\n";
                    }
                  }
                  case "GET" -> {
                    for (String line : LINES.get(key).lines().toList()) {
                      String[] of = line.split("\\t");
                      boolean expires = of[2].equals("e") && of[0].endsWith("/1");
                      answer += of[0] + "\\t" + of[1]
                          + (expires ? "" : "\\t" + "answer to " + of[2]) + "\\n";
                    }
                  }
                  default -> LINES.remove(key);
                }
                byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
                if (bytes.length > 0) {
                  exchange.getResponseBody().write(bytes);
                }
                exchange.close();
              }

              %s
            }
            """
                .formatted(Samples.sample(PAGE, "recipe"));

    assertThat(Samples.run(folder, "Asking", program).split(";\\R"))
        .hasSize(24)
        .allSatisfy(
            run -> assertThat(run).containsPattern("COMPLETED 6 retries [12] asked 1 of [78]$"));
  }
}
