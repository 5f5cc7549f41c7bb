package org.batchengine.web;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The contract, OpenAPI 3.1, made of the routes and their fields. */
final class OpenApi {
  private static final String JSON = "application/json";
  private static final String PROBLEM = "application/problem+json";

  private OpenApi() {}

  /** The route that answers with the contract of all routes, itself among them. */
  static Route route(List<Route> routes) {
    return Route.of(
            "GET",
            "api/openapi.json",
            "This contract",
            exchange -> {
              exchange.query();
              exchange.answerPlain(200, document(routes));
            })
        .answers(200, new Route.Answer(List.of(JSON), Field.object("").open()));
  }

  static Map<String, Object> document(List<Route> routes) {
    Map<String, Object> paths = new LinkedHashMap<>();
    for (Route route : routes) {
      Object path = paths.computeIfAbsent("/" + route.path(), key -> new LinkedHashMap<>());
      @SuppressWarnings("unchecked") // put there just now
      Map<String, Object> verbs = (Map<String, Object>) path;
      verbs.put(route.method().toLowerCase(Locale.ROOT), operation(route));
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("openapi", "3.1.0");
    map.put(
        "info",
        Map.of(
            "title", "BatchEngine",
            "version", "0.1",
            "description", "Paths are relative to where the servlet is mapped."));
    map.put("paths", paths);
    map.put("components", Map.of("schemas", Map.of("Problem", problem().schema())));
    return map;
  }

  static Field problem() {
    return Field.object(
        "",
        Field.text("type").required(),
        Field.text("title").required(),
        Field.whole("status").between(400, 599).required(),
        Field.text("detail").required(),
        Field.text("instance").required(),
        Field.text("requestId").required(),
        Field.flag("success").required(),
        Field.text("error").required(),
        Field.object("details", Field.list("errors", CreateRoutes.violation()).required())
            .required());
  }

  private static Map<String, Object> operation(Route route) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("summary", route.summary());
    if (route.right() != null) {
      map.put(
          "description",
          "Needs the right " + route.right() + (route.ofAllTenants() ? ", of all tenants." : "."));
    }
    map.put("parameters", parameters(route));
    if (route.body() != null) {
      Map<String, Object> types = new LinkedHashMap<>();
      types.put(JSON, Map.of("schema", route.body().schema()));
      if (route.query().stream().anyMatch(field -> field.name().equals("operation"))) {
        types.put("text/csv", Map.of("schema", Map.of("type", "string")));
        types.put("application/x-ndjson", Map.of("schema", Map.of("type", "string")));
      }
      map.put("requestBody", Map.of("content", types));
    }
    map.put("responses", responses(route));
    return map;
  }

  private static List<Map<String, Object>> parameters(Route route) {
    List<Map<String, Object>> parameters = new ArrayList<>();
    for (String segment : route.segments()) {
      if (segment.startsWith("{")) {
        String name = segment.substring(1, segment.length() - 1);
        parameters.add(parameter(name, "path", true, variable(name)));
      }
    }
    for (Field field : route.query()) {
      parameters.add(parameter(field.name(), "query", field.isRequired(), field.schema()));
    }
    return parameters;
  }

  private static Map<String, Object> variable(String name) {
    return name.equals("index")
        ? Map.of("type", "integer", "minimum", 0)
        : Map.of("type", "string", "format", "uuid");
  }

  private static Map<String, Object> parameter(
      String name, String in, boolean required, Map<String, Object> schema) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", name);
    map.put("in", in);
    map.put("required", required);
    map.put("schema", schema);
    return map;
  }

  private static Map<String, Object> responses(Route route) {
    Map<String, Object> map = new LinkedHashMap<>();
    route
        .answers()
        .forEach(
            (status, answer) -> {
              Map<String, Object> types = new LinkedHashMap<>();
              Map<String, Object> schema =
                  answer.fields() == null ? Map.of("type", "string") : answer.fields().schema();
              answer.types().forEach(type -> types.put(type, Map.of("schema", schema)));
              map.put(
                  Integer.toString(status), Map.of("description", "Answered", "content", types));
            });
    map.put(
        "default",
        Map.of(
            "description",
            "Refused",
            "content",
            Map.of(PROBLEM, Map.of("schema", Map.of("$ref", "#/components/schemas/Problem")))));
    return map;
  }
}
