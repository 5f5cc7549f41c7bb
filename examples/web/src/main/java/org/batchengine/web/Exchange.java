package org.batchengine.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.batchengine.BatchEngine;
import org.batchengine.Batches;
import org.batchengine.model.BatchId;
import org.batchengine.model.Violation;

/** One request of a visitor, and its answer. */
final class Exchange {
  static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .disable(JsonParser.Feature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  private static final int MOST_JSON = 10 << 20;

  private final BatchEngine engine;
  private final Visitor visitor;
  private final Router.Found found;
  private final HttpServletRequest request;
  private final HttpServletResponse response;

  Exchange(
      BatchEngine engine,
      Visitor visitor,
      Router.Found found,
      HttpServletRequest request,
      HttpServletResponse response) {
    this.engine = engine;
    this.visitor = visitor;
    this.found = found;
    this.request = request;
    this.response = response;
  }

  BatchEngine engine() {
    return engine;
  }

  /** What the visitor sees of the engine. */
  Batches batches() {
    return visitor.view(engine);
  }

  Visitor visitor() {
    return visitor;
  }

  HttpServletRequest request() {
    return request;
  }

  HttpServletResponse response() {
    return response;
  }

  String variable(String name) {
    return Optional.ofNullable(found.variables().get(name)).orElseThrow();
  }

  BatchId id() {
    return id("id");
  }

  BatchId id(String variable) {
    try {
      return BatchId.of(variable(variable));
    } catch (IllegalArgumentException e) {
      throw Problem.notFound("ids of batches are UUIDs");
    }
  }

  Optional<String> header(String name) {
    return Optional.ofNullable(request.getHeader(name));
  }

  /** The media type of the body, without parameters and in lower case; empty if there is none. */
  String contentType() {
    String type = request.getContentType();
    return type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  /** The body as it comes; of any length, but with lines that can be held in memory. */
  InputStream stream() throws IOException {
    return new BoundedLines(request.getInputStream());
  }

  /**
   * Reads the fields of the query.
   *
   * @throws Problem with all that is wrong with it
   */
  Values query() {
    List<Violation> violations = new ArrayList<>();
    Values values = query(violations);
    refuse(violations);
    return values;
  }

  Values query(List<Violation> violations) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    parameters().forEach((name, texts) -> object.set(name, parsed(name, texts)));
    Field fields = Field.object("", found.route().query());
    return (Values) Optional.ofNullable(fields.read(object, "", violations)).orElse(Values.none());
  }

  private JsonNode parsed(String name, List<String> texts) {
    Field field =
        found.route().query().stream()
            .filter(candidate -> candidate.name().equals(name))
            .findFirst()
            .orElse(Field.any(name));
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    texts.forEach(text -> array.add(field.parse(text)));
    return field.isList() || array.size() > 1 ? array : array.get(0);
  }

  private Map<String, List<String>> parameters() {
    Map<String, List<String>> parameters = new LinkedHashMap<>();
    String query = request.getQueryString();
    if (query != null) {
      for (String pair : query.split("&", -1)) {
        String[] parts = pair.split("=", 2);
        if (!pair.isEmpty()) {
          parameters
              .computeIfAbsent(decoded(parts[0]), name -> new ArrayList<>())
              .add(parts.length == 1 ? "" : decoded(parts[1]));
        }
      }
    }
    return parameters;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, UTF_8);
    } catch (IllegalArgumentException e) {
      throw Problem.invalid("", "the query is malformed", "invalid_value");
    }
  }

  /**
   * Reads the fields of the body, which may be missing.
   *
   * @throws Problem if it is too large, or no JSON; or with all that is wrong with it
   */
  Values body() throws IOException {
    List<Violation> violations = new ArrayList<>();
    Values values = body(violations);
    refuse(violations);
    return values;
  }

  Values body(List<Violation> violations) throws IOException {
    Field fields = Optional.ofNullable(found.route().body()).orElse(Field.object(""));
    Object values = fields.read(json(), "", violations);
    return (Values) Optional.ofNullable(values).orElse(Values.none());
  }

  /** The reason that a body gives, or who has done it. */
  String reason(Values body, String done) {
    String reason = body.has("reason") ? body.text("reason") : "";
    return reason.isBlank() ? done + " by " + visitor.name() : reason;
  }

  private JsonNode json() throws IOException {
    byte[] bytes = request.getInputStream().readNBytes(MOST_JSON + 1);
    if (bytes.length == 0) {
      return JsonNodeFactory.instance.objectNode();
    }
    if (!contentType().equals("application/json")) {
      throw new Problem(415, "Unsupported media type", "send application/json");
    }
    if (bytes.length > MOST_JSON) {
      throw new Problem(
          413, "Too large", "JSON may have 10 MiB; send more items as application/x-ndjson");
    }
    try {
      return JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null
              ? ""
              : " at line %d, column %d"
                  .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
      throw Problem.notJson("the body is no JSON" + where);
    }
  }

  static void refuse(List<Violation> violations) {
    if (!violations.isEmpty()) {
      throw Problem.invalid(violations);
    }
  }

  /** Runs what may refuse a value of the query, such as a cursor. */
  static <T> T checked(String path, Supplier<T> call) {
    try {
      return call.get();
    } catch (IllegalArgumentException e) {
      throw Problem.invalid(path, String.valueOf(e.getMessage()), "invalid_value");
    }
  }

  /** The address of a path of this servlet. */
  String address(String path) {
    String uri = request.getRequestURI();
    int own = String.join("/", found.route().segments()).length();
    return uri.substring(0, uri.length() - own) + path;
  }

  void set(String header, String value) {
    response.setHeader(header, value);
  }

  /** Says where the next page is. */
  void link(Optional<String> next) {
    next.ifPresent(
        cursor -> {
          StringBuilder query = new StringBuilder("<?");
          parameters()
              .forEach(
                  (name, texts) -> {
                    if (!name.equals("after") && !name.equals("offset")) {
                      texts.forEach(text -> append(query, name, text));
                    }
                  });
          append(query, "after", cursor);
          set("Link", query.substring(0, query.length() - 1) + ">; rel=\"next\"");
        });
  }

  private static void append(StringBuilder query, String name, String text) {
    query
        .append(URLEncoder.encode(name, UTF_8))
        .append('=')
        .append(URLEncoder.encode(text, UTF_8))
        .append('&');
  }

  /** Answers an object with {@code success} before these members. */
  void answer(int status, Map<String, ?> members) throws IOException {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("success", status < 400);
    all.putAll(members);
    write(response, status, "application/json", all);
  }

  /** Answers JSON as it is. */
  void answerPlain(int status, Object body) throws IOException {
    write(response, status, "application/json", body);
  }

  /** Where to write an answer of this type; nothing is to be written to a HEAD. */
  OutputStream answer(String type) throws IOException {
    response.setStatus(200);
    response.setContentType(type);
    return response.getOutputStream();
  }

  boolean isHead() {
    return request.getMethod().equals("HEAD");
  }

  static void write(HttpServletResponse response, int status, String type, Object body)
      throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(body);
    response.setStatus(status);
    response.setContentType(type);
    response.setContentLength(bytes.length);
    response.getOutputStream().write(bytes);
  }
}
