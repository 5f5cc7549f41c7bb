package org.batchengine.web;

import static java.util.Objects.requireNonNull;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.batchengine.BatchEngine;
import org.batchengine.JobType;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchItem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches over HTTP. Map it to a path of its own, such as {@code /batches/*}, with async support;
 * it needs no other setting. Closed until {@link #visitors} says who may do what.
 *
 * <p>Configure it before it is mapped. Then it is thread-safe.
 */
public final class BatchServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final Logger log = LoggerFactory.getLogger(BatchServlet.class);
  private static final String CONTENT_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
          + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");

  /** Changes the payloads of items that a visitor with {@link Right#PAYLOADS} sees. */
  @FunctionalInterface
  public interface PayloadMask {

    /**
     * {@return the item as the visitor may see it}
     *
     * <p>Make it with {@link BatchItem#builder}; only its input and output count.
     */
    BatchItem<String, String> mask(Visitor visitor, BatchItem<String, String> item);
  }

  private final transient BatchEngine engine;
  private final transient List<Operation<?>> operations = new ArrayList<>();
  private final transient List<JobType<BatchEnd, ?>> notified = new ArrayList<>();
  private transient Function<HttpServletRequest, Optional<Visitor>> visitors =
      request -> Optional.empty();
  private transient @Nullable PayloadMask mask;
  private transient Creations creations = new Creations(30, 10);
  private transient @Nullable EventSignal signal;
  private transient LongSupplier nanos = System::nanoTime;
  private transient boolean isDriven;
  private transient @Nullable Tickets tickets;
  private transient @Nullable Hub hub;
  private final transient PageFiles page = new PageFiles();
  private transient @Nullable Router router;

  private BatchServlet(BatchEngine engine) {
    this.engine = requireNonNull(engine, "engine");
  }

  /** Returns a servlet for the batches of an engine. */
  public static BatchServlet of(BatchEngine engine) {
    return new BatchServlet(engine);
  }

  /**
   * Lets batches of this operation be created.
   *
   * @throws IllegalArgumentException if there is an operation of that name
   */
  public BatchServlet operation(Operation<?> operation) {
    if (operations.stream().anyMatch(other -> other.name().equals(operation.name()))) {
      throw new IllegalArgumentException("operation " + operation.name() + " is there already");
    }
    operations.add(operation);
    return this;
  }

  /** Says who sends a request; nobody if empty. */
  public BatchServlet visitors(Function<HttpServletRequest, Optional<Visitor>> visitors) {
    this.visitors = requireNonNull(visitors, "visitors");
    return this;
  }

  /** Changes the payloads that are shown; by default they are shown as they are. */
  public BatchServlet payloads(PayloadMask mask) {
    this.mask = requireNonNull(mask, "mask");
    return this;
  }

  /** The job types that are told of the end of a batch created with {@code notifyOnComplete}. */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public final BatchServlet notifying(JobType<BatchEnd, ?>... types) {
    notified.addAll(List.of(types));
    return this;
  }

  /**
   * How many batches a visitor may create.
   *
   * @param perMinute in the long run, at least 1; defaults to 30
   * @param atOnce after a pause, at least 1; defaults to 10
   */
  public BatchServlet creations(int perMinute, int atOnce) {
    creations = new Creations(perMinute, atOnce);
    return this;
  }

  /** Tells clients at once, not within a second, what the engine of this signal does. */
  public BatchServlet signal(EventSignal signal) {
    this.signal = requireNonNull(signal, "signal");
    return this;
  }

  BatchEngine engine() {
    return engine;
  }

  /** Events are told when the hub is run, and tickets age by this clock: for tests. */
  BatchServlet driven(LongSupplier nanos) {
    this.nanos = nanos;
    isDriven = true;
    return this;
  }

  Hub hub() {
    return requireNonNull(hub, "init() was not called");
  }

  @Override
  public void init() {
    Hub telling = new Hub(engine, nanos);
    Tickets given = new Tickets(nanos);
    hub = telling;
    tickets = given;
    router =
        new Router(
            Routes.all(
                operations, notified, creations, new Shown(mask), new EventRoutes(telling, given)));
    if (signal != null) {
      signal.wakes(telling::wake);
    }
    if (!isDriven) {
      telling.start();
    }
  }

  /** Ends all streams of events. */
  @Override
  public void destroy() {
    if (hub != null) {
      hub.close();
    }
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String requestId = UUID.randomUUID().toString().substring(0, 13).replace("-", "");
    secure(response, requestId);
    try {
      if (page.answer(request, response)) {
        return;
      }
      answer(request, response);
    } catch (RuntimeException e) {
      refuse(request, response, requestId, e);
    }
  }

  private static void secure(HttpServletResponse response, String requestId) {
    response.setHeader("X-Request-Id", requestId);
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setHeader("Content-Security-Policy", CONTENT_POLICY);
  }

  private void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String path = path(request);
    Visitor visitor =
        visitor(request, path)
            .orElseThrow(
                () ->
                    new Problem(401, "Unauthorized", "nobody is logged in")
                        .with("WWW-Authenticate", "Bearer realm=\"batches\""));
    Router routes = requireNonNull(router, "init() was not called");
    if (request.getMethod().equals("OPTIONS") && routes.has(path)) {
      response.setHeader("Allow", routes.allowed(path));
      response.setStatus(204);
      return;
    }
    Router.Found found = routes.find(request.getMethod(), path);
    if (!SAFE.contains(request.getMethod())) {
      refuseOtherSites(request);
    }
    refuseWithoutRight(found.route(), visitor);
    found.route().handler().handle(new Exchange(engine, visitor, found, request, response));
  }

  private Optional<Visitor> visitor(HttpServletRequest request, String path) {
    boolean isSocket = path.endsWith("/" + EventRoutes.PATH) && EventRoutes.isUpgrade(request);
    String ticket = isSocket ? request.getParameter("ticket") : null;
    return ticket == null
        ? visitors.apply(request)
        : requireNonNull(tickets, "init() was not called").take(ticket);
  }

  private static String path(HttpServletRequest request) {
    return Optional.ofNullable(request.getPathInfo()).orElse(request.getServletPath());
  }

  /** What a page of another site makes a browser send, with whatever the browser adds by itself. */
  static void refuseOtherSites(HttpServletRequest request) {
    String authorization = request.getHeader("Authorization");
    if (authorization != null && authorization.toLowerCase(Locale.ROOT).startsWith("bearer ")) {
      return; // no browser adds that by itself
    }
    String site = request.getHeader("Sec-Fetch-Site");
    String origin = request.getHeader("Origin");
    boolean isOwn =
        site != null ? site.equals("same-origin") : origin == null || isHost(origin, request);
    if (!isOwn) {
      throw Problem.forbidden("requests of other sites are refused");
    }
  }

  private static boolean isHost(String origin, HttpServletRequest request) {
    try {
      String authority = URI.create(origin).getRawAuthority();
      return authority != null && authority.equalsIgnoreCase(request.getHeader("Host"));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static void refuseWithoutRight(Route route, Visitor visitor) {
    Right right = route.right();
    if (right != null && !visitor.has(right)) {
      throw Problem.forbidden("the right " + right + " is needed");
    }
    if (route.ofAllTenants() && visitor.tenant().isPresent()) {
      throw Problem.forbidden("only visitors of all tenants may do this");
    }
  }

  private void refuse(
      HttpServletRequest request, HttpServletResponse response, String requestId, Throwable thrown)
      throws IOException {
    Problem problem = Problem.of(thrown);
    if (problem.status() == 500 && !engine.health().isUp()) {
      problem =
          new Problem(503, "Unavailable", "the service is closing or not well")
              .with("Retry-After", "5");
    }
    if (problem.status() >= 500) {
      log.error("request {}, {}, failed", requestId, request.getMethod(), thrown);
    } else {
      log.debug(
          "request {}, {}, was refused: {}", requestId, request.getMethod(), problem.status());
    }
    if (response.isCommitted()) {
      throw new IOException("request " + requestId + " failed after its answer had begun");
    }
    response.reset(); // what the route has set is of another answer
    secure(response, requestId);
    problem.headers().forEach(response::setHeader);
    Exchange.write(
        response,
        problem.status(),
        "application/problem+json",
        problem.body(request.getRequestURI(), requestId));
  }
}
