package org.batchengine.web;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A verb and path, what it takes and answers, and who answers. The contract is made of the same
 * values.
 *
 * @param method the verb
 * @param path segments with slashes between; those in braces stand for any one
 * @param summary what it does
 * @param right what the visitor must have; null if any visitor may
 * @param ofAllTenants whether the visitor must be of all tenants
 * @param query the fields of its query
 * @param body the fields of its JSON; null if it takes none
 * @param answers what it answers, by status
 * @param handler answers
 */
record Route(
    String method,
    String path,
    String summary,
    @Nullable Right right,
    boolean ofAllTenants,
    List<Field> query,
    @Nullable Field body,
    Map<Integer, Answer> answers,
    Handler handler) {

  /** Answers requests of a route. */
  @FunctionalInterface
  interface Handler {
    void handle(Exchange exchange) throws IOException;
  }

  /**
   * What is answered.
   *
   * @param types the media types
   * @param fields the JSON; null if it is not JSON
   */
  record Answer(List<String> types, @Nullable Field fields) {}

  static Route of(String method, String path, String summary, Handler handler) {
    return new Route(method, path, summary, null, false, List.of(), null, Map.of(), handler);
  }

  Route needs(Right right) {
    return new Route(method, path, summary, right, ofAllTenants, query, body, answers, handler);
  }

  Route needsAllTenants() {
    return new Route(method, path, summary, right, true, query, body, answers, handler);
  }

  Route query(Field... fields) {
    List<Field> more = new ArrayList<>(query);
    more.addAll(List.of(fields));
    return new Route(method, path, summary, right, ofAllTenants, more, body, answers, handler);
  }

  Route body(Field... fields) {
    Field object = Field.object("", fields);
    return new Route(method, path, summary, right, ofAllTenants, query, object, answers, handler);
  }

  /** Answers an object with these members beside {@code success}. */
  Route answers(int status, Field... fields) {
    List<Field> members = new ArrayList<>();
    members.add(Field.flag("success").required());
    members.addAll(List.of(fields));
    return answers(status, new Answer(List.of("application/json"), Field.object("", members)));
  }

  Route answers(int status, Answer answer) {
    Map<Integer, Answer> more = new LinkedHashMap<>(answers);
    more.put(status, answer);
    return new Route(method, path, summary, right, ofAllTenants, query, body, more, handler);
  }

  List<String> segments() {
    return List.of(path.split("/", -1));
  }

  /** The values of the segments in braces, if this is its path. */
  Optional<Map<String, String>> match(List<String> given) {
    List<String> segments = segments();
    if (segments.size() != given.size()) {
      return Optional.empty();
    }
    Map<String, String> variables = new LinkedHashMap<>();
    for (int i = 0; i < segments.size(); i++) {
      String segment = segments.get(i);
      if (segment.startsWith("{")) {
        variables.put(segment.substring(1, segment.length() - 1), given.get(i));
      } else if (!segment.equals(given.get(i))) {
        return Optional.empty();
      }
    }
    return Optional.of(variables);
  }
}
