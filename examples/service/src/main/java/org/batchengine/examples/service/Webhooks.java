package org.batchengine.examples.service;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Set;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.batchengine.web.Field;
import org.batchengine.web.Operation;
import org.jspecify.annotations.Nullable;

/**
 * Lets another program process the items: each is posted to a URL, signed as Standard Webhooks are,
 * and the answer is its output.
 */
final class Webhooks {
  private static final JobType<String, String> WEBHOOK =
      JobType.of("webhook", String.class, String.class);
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final int LARGEST_ANSWER = 1 << 20;
  private static final Set<Integer> BUSY = Set.of(429, 503);
  private static final Set<Integer> RETRIED = Set.of(408, 425);
  private static final Duration PAUSE = Duration.ofSeconds(5);
  private static final Duration LONGEST_PAUSE = Duration.ofDays(1);

  private final AllowedUrls urls;
  private final WebhookSecret secret;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  private Webhooks(AllowedUrls urls, WebhookSecret secret) {
    this.urls = urls;
    this.secret = secret;
  }

  static Offer<String> to(AllowedUrls urls, WebhookSecret secret, JobOptions options) {
    Webhooks webhooks = new Webhooks(urls, secret);
    return new Offer<>(
        Registration.of(WEBHOOK, webhooks::post).with(options), webhooks.operation());
  }

  private Operation<String> operation() {
    return Operation.of(WEBHOOK)
        .label("Post items to a URL")
        .description("Posts each item to a URL, signed; the answer is its output.")
        .field(
            Field.text("url")
                .must(urls::allowed)
                .description("Below %s; by default %s.".formatted(urls, urls.first())));
  }

  private @Nullable String post(String input, ItemContext context)
      throws IOException, InterruptedException, GeneralSecurityException {
    byte[] body = body(input, context);
    String id = context.idempotencyKey();
    String time = Long.toString(Instant.now().getEpochSecond());
    HttpRequest request =
        HttpRequest.newBuilder(url(context))
            .header("Content-Type", "application/json")
            .header("User-Agent", "BatchEngine")
            .header("Idempotency-Key", id)
            .header("X-Batch-Attempt", Integer.toString(context.attempt()))
            .header("webhook-id", id)
            .header("webhook-timestamp", time)
            .header("webhook-signature", secret.signature(id, time, body))
            .POST(BodyPublishers.ofByteArray(body))
            .build();
    HttpResponse<InputStream> answer = client.send(request, BodyHandlers.ofInputStream());
    try (InputStream content = answer.body()) {
      int status = answer.statusCode();
      return status >= 200 && status < 300 ? output(content, context) : refused(answer, context);
    }
  }

  private static byte[] body(String input, ItemContext context) throws JsonProcessingException {
    ObjectNode body = JSON.createObjectNode();
    body.put("batchId", context.batchId().toString());
    body.put("index", context.index());
    body.put("key", context.key().orElse(null));
    body.put("attempt", context.attempt());
    body.set("input", input(input));
    return JSON.writeValueAsBytes(body);
  }

  /** Objects and arrays as JSON, anything else as the text that it is. */
  private static JsonNode input(String text) {
    if (text.startsWith("{") || text.startsWith("[")) {
      try {
        return JSON.readTree(text);
      } catch (JsonProcessingException e) {
        return TextNode.valueOf(text);
      }
    }
    return TextNode.valueOf(text);
  }

  private URI url(ItemContext context) {
    JsonNode given = context.metadata(JsonNode.class).at("/filters/url");
    if (!given.isTextual()) {
      return urls.first();
    }
    try {
      return urls.allowed(given.textValue());
    } catch (IllegalArgumentException e) { // the service was started again with other roots
      return context.giveUp("NOT_ALLOWED", "the URL of the batch " + e.getMessage());
    }
  }

  /** The answer as it is; nothing if it is empty. */
  private static @Nullable String output(InputStream content, ItemContext context)
      throws IOException {
    byte[] bytes = content.readNBytes(LARGEST_ANSWER + 1);
    if (bytes.length > LARGEST_ANSWER) {
      return context.giveUp("ANSWER_TOO_LARGE", "it has more than " + LARGEST_ANSWER + " bytes");
    }
    return bytes.length == 0 ? null : new String(bytes, UTF_8);
  }

  private static @Nullable String refused(HttpResponse<?> answer, ItemContext context) {
    int status = answer.statusCode();
    String code = "HTTP_" + status;
    if (BUSY.contains(status)) {
      return context.retryAfter(
          answer.headers().firstValue("Retry-After").map(Webhooks::pause).orElse(PAUSE));
    }
    if (status >= 500 || RETRIED.contains(status)) {
      return context.fail(code, "the receiver cannot take it now");
    }
    boolean isRedirect = status >= 300 && status < 400;
    return context.giveUp(
        code, isRedirect ? "redirects are not followed" : "the receiver refuses it");
  }

  /** A number of seconds or an HTTP date, a day at most; anything else is five seconds. */
  private static Duration pause(String text) {
    Duration pause;
    try {
      pause =
          text.matches("\\d{1,9}")
              ? Duration.ofSeconds(Long.parseLong(text))
              : Duration.between(
                  Instant.now(),
                  ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return PAUSE;
    }
    if (pause.isNegative()) {
      return Duration.ZERO;
    }
    return pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
  }
}
