package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/** Checks answers by the contract that the service itself serves. */
final class Contract {
  private static final JsonSchemaFactory SCHEMAS =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

  private final JsonNode document;
  private final Set<String> seen = new ConcurrentSkipListSet<>();

  Contract(JsonNode document) {
    this.document = document;
  }

  JsonNode document() {
    return document;
  }

  /** Every verb and path that there is. */
  List<String> all() {
    List<String> all = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
      for (Map.Entry<String, JsonNode> verb : path.getValue().properties()) {
        all.add(verb.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey().substring(1));
      }
    }
    return all;
  }

  /** Verbs and paths that were answered with what they are for. */
  Set<String> seen() {
    return seen;
  }

  /** Fails unless the answer is one that the contract knows; returns its JSON, or null. */
  JsonNode check(String method, String path, int status, String type, String body) {
    if (body.isEmpty()) {
      assertThat(status).as(method + " " + path).isEqualTo(204);
      return null;
    }
    String media = type.split(";", 2)[0];
    if (status >= 400 && media.equals("application/problem+json")) {
      return valid(document.at("/components/schemas/Problem"), method + " " + path, body);
    }
    String template = template(path.split("\\?", 2)[0]);
    JsonNode answers =
        document
            .get("paths")
            .get("/" + template)
            .get(method.toLowerCase(Locale.ROOT))
            .get("responses");
    assertThat(answers.has(Integer.toString(status)))
        .as("%s %s may answer %d", method, template, status)
        .isTrue();
    JsonNode content = answers.get(Integer.toString(status)).get("content").get(media);
    assertThat(content).as("%s %s may answer %s", method, template, media).isNotNull();
    if (status < 400) {
      seen.add(method + " " + template);
    }
    return media.equals("application/json")
        ? valid(content.get("schema"), method + " " + path, body)
        : null;
  }

  /** Of two that match, the one with fewer variables. */
  private String template(String path) {
    String[] given = path.split("/", -1);
    String best = "";
    long fewest = Long.MAX_VALUE;
    for (String line : all()) {
      String template = line.split(" ", 2)[1];
      String[] segments = template.split("/", -1);
      long variables = Arrays.stream(segments).filter(segment -> segment.startsWith("{")).count();
      boolean matches = segments.length == given.length;
      for (int i = 0; matches && i < segments.length; i++) {
        matches = segments[i].startsWith("{") || segments[i].equals(given[i]);
      }
      if (matches && variables < fewest) {
        best = template;
        fewest = variables;
      }
    }
    return best;
  }

  private static JsonNode valid(JsonNode schema, String what, String body) {
    try {
      JsonNode json = Exchange.JSON.readTree(body);
      SchemaValidatorsConfig config =
          SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
      assertThat(SCHEMAS.getSchema(schema, config).validate(json)).as(what + ": " + body).isEmpty();
      return json;
    } catch (JsonProcessingException e) {
      throw new AssertionError(what + " answered no JSON: " + body, e);
    }
  }
}
