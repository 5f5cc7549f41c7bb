package org.batchengine.web;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.batchengine.BatchLimits;
import org.batchengine.JobType;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.limit.LimitState;

/** Limits of job types and tenants. Those of batches are changed with their other settings. */
final class LimitRoutes {
  private static final String OF_TYPE = "api/limits/types/{name}";
  private static final String OF_TENANT = "api/limits/tenants/{name}";
  private static final long LONGEST_SECONDS = Duration.ofDays(365).toSeconds();

  List<Route> routes() {
    return List.of(
        Route.of(
                "GET", "api/limits", "Limits that are set or declared, and what is held", this::all)
            .needs(Right.ADMIN)
            .needsAllTenants()
            .answers(200, Field.list("limits", limit("")).required()),
        steering("PUT", OF_TYPE, "Limits the calls of an operation", this::setType)
            .body(Shapes.limit().required(), Shapes.reason()),
        steering("POST", OF_TYPE + "/reset", "What code declares counts again", this::resetType)
            .body(Shapes.reason()),
        steering("POST", OF_TYPE + "/hold", "Begins no call of an operation", this::hold)
            .body(Field.whole("seconds").between(1, LONGEST_SECONDS).required(), Shapes.reason()),
        steering("POST", OF_TYPE + "/release", "Begins calls again", this::release)
            .body(Shapes.reason()),
        steering("PUT", OF_TENANT, "Limits a tenant; * is each one", this::setTenant)
            .body(Shapes.limit().required(), Shapes.reason()),
        steering(
                "POST",
                OF_TENANT + "/reset",
                "What each tenant has counts again",
                this::resetTenant)
            .body(Shapes.reason()));
  }

  private static Route steering(String method, String path, String summary, Route.Handler handler) {
    return Route.of(method, path, summary, handler)
        .needs(Right.ADMIN)
        .needsAllTenants()
        .answers(200, limit("limit"));
  }

  private static Field limit(String name) {
    return Field.object(
            name,
            Field.choice("scope", "type", "tenant", "batch").required(),
            Field.text("name").required(),
            Field.text("limit").between(0, 1_000).required(),
            Field.text("declared"),
            Field.flag("set").required(),
            Field.instant("held_until"),
            Field.text("held_reason"),
            Shapes.count("calls_running"),
            Shapes.count("calls_waiting"))
        .open()
        .required();
  }

  private static Map<String, Object> shown(LimitState state) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("limit", state.limit().toString());
    map.putAll(Shown.lower(state.toMap(), "scope"));
    return map;
  }

  private void all(Exchange exchange) throws IOException {
    exchange.query();
    exchange.answer(
        200, Map.of("limits", Shown.all(exchange.batches().limits().all(), LimitRoutes::shown)));
  }

  private void setType(Exchange exchange) throws IOException {
    Values body = exchange.body();
    String reason = exchange.reason(body, "limited");
    JobType<?, ?> type = type(exchange);
    Exchange.checked(
        "limit",
        () -> {
          limits(exchange).set(type, Limit.parse(body.text("limit")), reason);
          return type;
        });
    answer(exchange, LimitScope.TYPE);
  }

  private void resetType(Exchange exchange) throws IOException {
    limits(exchange).reset(type(exchange), exchange.reason(exchange.body(), "reset"));
    answer(exchange, LimitScope.TYPE);
  }

  private void hold(Exchange exchange) throws IOException {
    Values body = exchange.body();
    Duration time = Duration.ofSeconds(body.whole("seconds"));
    limits(exchange).hold(type(exchange), time, exchange.reason(body, "held"));
    answer(exchange, LimitScope.TYPE);
  }

  private void release(Exchange exchange) throws IOException {
    limits(exchange).release(type(exchange), exchange.reason(exchange.body(), "released"));
    answer(exchange, LimitScope.TYPE);
  }

  private void setTenant(Exchange exchange) throws IOException {
    Values body = exchange.body();
    String reason = exchange.reason(body, "limited");
    String tenant = exchange.variable("name");
    Exchange.checked(
        "limit",
        () -> {
          Limit limit = Limit.parse(body.text("limit"));
          if (tenant.equals(LimitState.EACH_TENANT)) {
            limits(exchange).setEachTenant(limit, reason);
          } else {
            limits(exchange).setTenant(tenant, limit, reason);
          }
          return tenant;
        });
    answer(exchange, LimitScope.TENANT);
  }

  private void resetTenant(Exchange exchange) throws IOException {
    String reason = exchange.reason(exchange.body(), "reset");
    String tenant = exchange.variable("name");
    if (tenant.equals(LimitState.EACH_TENANT)) {
      limits(exchange).setEachTenant(Limit.none(), reason);
    } else {
      limits(exchange).resetTenant(tenant, reason);
    }
    answer(exchange, LimitScope.TENANT);
  }

  private static BatchLimits limits(Exchange exchange) {
    return exchange.batches().limits();
  }

  /** A limit of a type that nobody works on would be a slip of the pen. */
  private static JobType<?, ?> type(Exchange exchange) {
    exchange.query();
    String name = exchange.variable("name");
    TreeSet<String> known = new TreeSet<>();
    exchange.engine().nodes().forEach(node -> known.addAll(node.types()));
    if (!known.contains(name) && find(exchange, LimitScope.TYPE, name).isEmpty()) {
      throw Problem.notFound(
          "no engine that is connected works on this operation: those are " + known);
    }
    return JobType.of(name, String.class, String.class);
  }

  private static void answer(Exchange exchange, LimitScope scope) throws IOException {
    String name = exchange.variable("name");
    LimitState none =
        new LimitState(
            scope,
            name,
            Limit.none(),
            Optional.empty(),
            false,
            Optional.empty(),
            Optional.empty(),
            0,
            0);
    exchange.answer(200, Map.of("limit", shown(find(exchange, scope, name).orElse(none))));
  }

  private static Optional<LimitState> find(Exchange exchange, LimitScope scope, String name) {
    return limits(exchange).all().stream()
        .filter(state -> state.scope() == scope && state.name().equals(name))
        .findFirst();
  }
}
