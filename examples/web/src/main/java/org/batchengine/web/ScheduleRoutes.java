package org.batchengine.web;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.batchengine.BatchSchedules;
import org.batchengine.Batches;
import org.batchengine.model.BatchPage;
import org.batchengine.model.InvalidRequestException;
import org.batchengine.schedule.BatchTemplate;
import org.batchengine.schedule.Fire;
import org.batchengine.schedule.FireQuery;
import org.batchengine.schedule.FireState;
import org.batchengine.schedule.Schedule;
import org.batchengine.schedule.ScheduleStatus;

/** Schedules, and the templates that they submit. */
final class ScheduleRoutes {
  private static final String PATH = "api/schedules/{name}";
  private static final long LONGEST_SECONDS = Duration.ofDays(3650).toSeconds();

  private final CreateRoutes creating;

  ScheduleRoutes(CreateRoutes creating) {
    this.creating = creating;
  }

  List<Route> routes() {
    return List.of(
        Route.of("GET", "api/schedules", "All schedules", this::schedules)
            .needs(Right.READ)
            .answers(200, Field.list("schedules", schedule("")).required()),
        Route.of("PUT", PATH, "Makes or changes a schedule", this::put)
            .needs(Right.SUBMIT)
            .query(tenant())
            .body(
                Field.text("template")
                    .between(1, 100)
                    .description(
                        "What it submits; left out for a schedule of code, which stays so."),
                Field.text("cron")
                    .between(1, 200)
                    .description("Five fields, or six with seconds; or else every_seconds."),
                Field.whole("every_seconds").between(1, LONGEST_SECONDS),
                Field.parsed("zone", Map.of("type", "string"), value -> zone(value.asText()))
                    .description("Such as Europe/Berlin; UTC by default."),
                Field.choice("on_missed", "skip", "one", "all").defaultsTo("one"),
                Field.choice("on_overlap", "skip", "queue", "allow").defaultsTo("skip"),
                Field.instant("from"),
                Field.instant("until"))
            .answers(200, schedule("schedule")),
        Route.of("DELETE", PATH, "Removes a schedule; its batches stay", this::remove)
            .needs(Right.STEER)
            .query(tenant())
            .answers(200, Shapes.count("deleted")),
        steering("pause", "Fires no more", this::pause),
        steering("resume", "Fires again", this::resume),
        Route.of("POST", PATH + "/fire", "Fires now", this::fire)
            .needs(Right.SUBMIT)
            .query(tenant())
            .body(Shapes.reason())
            .answers(200, fired("fire").required()),
        Route.of("GET", PATH + "/fires", "Its fires, the latest first", this::fires)
            .needs(Right.READ)
            .query(
                tenant(),
                Field.list(
                    "status", Field.choice("", "due", "submitted", "missed", "skipped", "failed")),
                Shapes.limit(50, 100),
                Shapes.after())
            .answers(200, Field.list("fires", fired("")).required(), Shapes.next()),
        Route.of("GET", "api/templates", "All templates", this::templates)
            .needs(Right.READ)
            .answers(200, Field.list("templates", template("")).required()),
        Route.of("PUT", "api/templates/{name}", "Keeps a request for a batch", this::keep)
            .needs(Right.SUBMIT)
            .query(tenant())
            .body(Wanted.fields())
            .answers(200, template("template")),
        Route.of("DELETE", "api/templates/{name}", "Removes a template", this::drop)
            .needs(Right.SUBMIT)
            .query(tenant())
            .answers(200, Shapes.count("deleted")));
  }

  private static Route steering(String verb, String summary, Route.Handler handler) {
    return Route.of("POST", PATH + "/" + verb, summary, handler)
        .needs(Right.STEER)
        .query(tenant())
        .body(Shapes.reason())
        .answers(200, Field.flag("changed").required(), schedule("schedule"));
  }

  private static Field tenant() {
    return Field.text("tenant")
        .between(1, 100)
        .description("Whose it is, for visitors of all tenants; default by default.");
  }

  private static Field schedule(String name) {
    return Field.object(
            name,
            Field.text("name").required(),
            Field.text("tenant").required(),
            Field.flag("paused").required(),
            Field.instant("next_at"))
        .open()
        .required();
  }

  private static Field fired(String name) {
    return Field.object(
            name,
            Field.instant("at").required(),
            Field.text("status").required(),
            Shapes.count("attempts"),
            Field.instant("retry_at"),
            Field.text("batch_id"),
            Shapes.text("reason"))
        .open();
  }

  private static Field template(String name) {
    return Field.object(
            name,
            Field.text("template").required(),
            Field.text("tenant").required(),
            Field.text("operation").required(),
            Shapes.count("items"),
            Field.instant("changed_at").required())
        .open()
        .required();
  }

  private static ZoneId zone(String name) {
    try {
      return ZoneId.of(name);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("must be a zone, such as Europe/Berlin", e);
    }
  }

  /** What is seen of one tenant: the visitor's, or one that a visitor of all names. */
  private static Batches batches(Exchange exchange) {
    Values query = exchange.query();
    return query.has("tenant")
        ? Exchange.checked("tenant", () -> exchange.batches().forTenant(query.text("tenant")))
        : exchange.batches();
  }

  private void schedules(Exchange exchange) throws IOException {
    exchange.query();
    exchange.answer(
        200,
        Map.of(
            "schedules", Shown.all(exchange.batches().schedules().list(), ScheduleRoutes::shown)));
  }

  private static Map<String, Object> shown(ScheduleStatus status) {
    return Shown.lower(status.toMap(), "on_missed", "on_overlap");
  }

  private void put(Exchange exchange) throws IOException {
    BatchSchedules schedules = batches(exchange).schedules();
    Values body = exchange.body();
    if (body.has("cron") == body.has("every_seconds")) {
      throw Problem.invalid("cron", "give either cron or every_seconds", "invalid_value");
    }
    Schedule schedule =
        Exchange.checked(body.has("cron") ? "cron" : "every_seconds", () -> timed(exchange, body))
            .onMissed(Schedule.Missed.valueOf(upper(body.text("on_missed"))))
            .onOverlap(Schedule.Overlap.valueOf(upper(body.text("on_overlap"))));
    Schedule bounded =
        Exchange.checked(
            "until",
            () -> {
              Schedule from = body.has("from") ? schedule.from(body.instant("from")) : schedule;
              return body.has("until") ? from.until(body.instant("until")) : from;
            });
    if (!body.has("template") && !isOfCode(schedules, schedule.name())) {
      throw Problem.invalid("template", "is required: no code has this schedule", "required");
    }
    ScheduleStatus status =
        Exchange.checked(
            "template",
            () ->
                schedules.put(
                    body.has("template") ? bounded.template(body.text("template")) : bounded));
    exchange.answer(200, Map.of("schedule", shown(status)));
  }

  private static boolean isOfCode(BatchSchedules schedules, String name) {
    return schedules.find(name).filter(now -> now.schedule().template().isEmpty()).isPresent();
  }

  private static Schedule timed(Exchange exchange, Values body) {
    String name = exchange.variable("name");
    return body.has("cron")
        ? Schedule.cron(
            name, body.text("cron"), body.find("zone", ZoneId.class).orElse(ZoneOffset.UTC))
        : Schedule.every(name, Duration.ofSeconds(body.whole("every_seconds")));
  }

  private static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  /** Where the schedule of the path is; there is no such thing if it is not. */
  private static BatchSchedules known(Exchange exchange) {
    BatchSchedules schedules = batches(exchange).schedules();
    if (schedules.find(exchange.variable("name")).isEmpty()) {
      throw Problem.notFound("there is no such schedule");
    }
    return schedules;
  }

  private void remove(Exchange exchange) throws IOException {
    known(exchange).remove(exchange.variable("name"));
    exchange.answer(200, Map.of("deleted", 1));
  }

  private void pause(Exchange exchange) throws IOException {
    BatchSchedules schedules = known(exchange);
    String reason = exchange.reason(exchange.body(), "paused");
    steered(exchange, schedules, schedules.pause(exchange.variable("name"), reason));
  }

  private void resume(Exchange exchange) throws IOException {
    BatchSchedules schedules = known(exchange);
    String reason = exchange.reason(exchange.body(), "resumed");
    steered(exchange, schedules, schedules.resume(exchange.variable("name"), reason));
  }

  private static void steered(Exchange exchange, BatchSchedules schedules, boolean isChanged)
      throws IOException {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("changed", isChanged);
    schedules.find(exchange.variable("name")).ifPresent(now -> map.put("schedule", shown(now)));
    exchange.answer(200, map);
  }

  private void fire(Exchange exchange) throws IOException {
    BatchSchedules schedules = known(exchange);
    String reason = exchange.reason(exchange.body(), "fired");
    exchange.answer(
        200, Map.of("fire", shown(schedules.fireNow(exchange.variable("name"), reason))));
  }

  private void fires(Exchange exchange) throws IOException {
    BatchSchedules schedules = known(exchange);
    Values given = exchange.query();
    FireState[] states =
        given.list("status", String.class).stream()
            .map(name -> FireState.valueOf(upper(name)))
            .toArray(FireState[]::new);
    FireQuery all = FireQuery.all().limit((int) given.whole("limit"));
    FireQuery query = states.length == 0 ? all : all.state(states);
    FireQuery paged =
        given.has("after")
            ? Exchange.checked("after", () -> query.after(given.text("after")))
            : query;
    BatchPage<Fire> page =
        Exchange.checked("after", () -> schedules.fires(exchange.variable("name"), paged));
    exchange.link(page.next());
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("fires", Shown.all(page.items(), ScheduleRoutes::shown));
    page.next().ifPresent(next -> map.put("next", next));
    exchange.answer(200, map);
  }

  private static Map<String, Object> shown(Fire fire) {
    Map<String, Object> map = new LinkedHashMap<>(fire.toMap());
    map.put("status", Names.of(fire.state()));
    map.remove("state");
    return map;
  }

  private void templates(Exchange exchange) throws IOException {
    exchange.query();
    exchange.answer(
        200,
        Map.of(
            "templates", Shown.all(exchange.batches().templates().list(), ScheduleRoutes::shown)));
  }

  private static Map<String, Object> shown(BatchTemplate template) {
    Map<String, Object> map = new LinkedHashMap<>(template.toMap());
    map.put("operation", template.type());
    map.remove("type");
    return map;
  }

  private void keep(Exchange exchange) throws IOException {
    Batches batches = batches(exchange);
    BatchTemplate kept =
        creating.made(
            exchange,
            request -> {
              try {
                return batches.templates().put(exchange.variable("name"), request);
              } catch (InvalidRequestException e) {
                throw Problem.invalid(e.violations().stream().map(CreateRoutes::ofOption).toList());
              } catch (IllegalArgumentException e) {
                String message = String.valueOf(e.getMessage());
                throw Problem.invalid(refused(message), message, "invalid_value");
              }
            });
    exchange.answer(200, Map.of("template", shown(kept)));
  }

  /** The field of which a message speaks: it begins with it, or is about the items. */
  private static String refused(String message) {
    return Stream.of("name", "tenant", "startAt", "after")
        .filter(field -> message.matches(field + "[: ].*"))
        .findFirst()
        .orElse("items");
  }

  private void drop(Exchange exchange) throws IOException {
    if (!batches(exchange).templates().remove(exchange.variable("name"))) {
      throw Problem.notFound("there is no such template");
    }
    exchange.answer(200, Map.of("deleted", 1));
  }
}
