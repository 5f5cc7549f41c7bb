package org.batchengine.web;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds the route of a request. Of two paths that match, the one with fewer variables counts. */
final class Router {
  private final List<Route> routes;

  Router(List<Route> routes) {
    List<Route> sorted = new ArrayList<>(routes);
    sorted.sort(
        Comparator.comparingLong(route -> route.path().chars().filter(c -> c == '{').count()));
    this.routes = List.copyOf(sorted);
  }

  /**
   * A route, and the values of its path.
   *
   * @param route the route
   * @param variables by name
   */
  record Found(Route route, Map<String, String> variables) {}

  /**
   * Returns the route of a verb, or of GET if the verb is HEAD.
   *
   * @throws Problem 404 if there is no such path; 405 if it has other verbs
   */
  Found find(String method, String path) {
    List<Route> here = at(path);
    if (here.isEmpty()) {
      throw Problem.notFound("there is nothing here; api/openapi.json lists what there is");
    }
    String verb = method.equals("HEAD") ? "GET" : method;
    Route route =
        here.stream()
            .filter(candidate -> candidate.method().equals(verb))
            .findFirst()
            .orElseThrow(
                () ->
                    new Problem(405, "Method not allowed", "use " + allowed(path))
                        .with("Allow", allowed(path)));
    return new Found(route, route.match(segments(path)).orElseThrow());
  }

  /** The verbs of a path, with commas between. */
  String allowed(String path) {
    Set<String> verbs = new LinkedHashSet<>();
    for (Route route : at(path)) {
      verbs.add(route.method());
      if (route.method().equals("GET")) {
        verbs.add("HEAD");
      }
    }
    verbs.add("OPTIONS");
    return String.join(", ", verbs);
  }

  boolean has(String path) {
    return !at(path).isEmpty();
  }

  /** All routes of the most literal path that matches. */
  private List<Route> at(String path) {
    List<String> given = segments(path);
    Optional<String> first =
        routes.stream()
            .filter(route -> route.match(given).isPresent())
            .map(Route::path)
            .findFirst();
    return routes.stream().filter(route -> first.filter(route.path()::equals).isPresent()).toList();
  }

  private static List<String> segments(String path) {
    return Arrays.asList((path.startsWith("/") ? path.substring(1) : path).split("/", -1));
  }
}
