package org.batchengine.examples.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.batchengine.examples.service.Caller.Answer;
import org.batchengine.examples.service.Receiver.Reply;
import org.batchengine.examples.service.Receiver.Told;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is posted to other programs, and what their answers mean. */
@Tag("H2")
class WebhooksTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  @TempDir Path folder;

  /** The input of the item that a request is about. */
  private static String input(Told told) {
    return told.json().get("input").asText();
  }

  private static Function<Told, Reply> always(int status, String body) {
    return told -> Reply.of(status, body);
  }

  private Started started(Receiver receiver, Map<String, String> environment) throws Exception {
    return Started.in(
        folder,
        environment,
        "--allow-url",
        receiver.url("/hooks"),
        "--notify-url",
        receiver.url("/told"));
  }

  @Test
  @DisplayName("an item is posted as JSON, signed, and the answer is its output")
  void posted() throws Exception {
    try (Receiver receiver =
            new Receiver(
                told -> Reply.of(200, input(told).equals("plain") ? "said" : told.body()));
        Started service = started(receiver, Map.of("BATCH_WEBHOOK_SECRET", SECRET))) {
      Caller caller = service.caller();
      String id =
          caller
              .create(
                  "{\"operation\":\"webhook\",\"items\":[{\"amount\":12345678901234567890.1,\"a\":[1]}],\"filters\":{\"url\":\"%s\"}}"
                      .formatted(receiver.url("/hooks/pay?x=1")))
              .id();
      JsonNode result = caller.results(id).get(0).get("result");
      Told told = receiver.next();

      assertThat(told.path()).isEqualTo("/hooks/pay");
      assertThat(told.body())
          .isEqualTo(
              "{\"batchId\":\"%s\",\"index\":0,\"key\":null,\"attempt\":1,\"input\":{\"amount\":12345678901234567890.1,\"a\":[1]}}"
                  .formatted(id));
      assertThat(told.headers())
          .containsEntry("Idempotency-Key", id + "/0")
          .containsEntry("webhook-id", id + "/0")
          .containsEntry("X-Batch-Attempt", "1")
          .containsEntry("Content-Type", "application/json");
      String signed = id + "/0." + told.headers().get("webhook-timestamp") + "." + told.body();
      assertThat(told.headers()).containsEntry("webhook-signature", "v1," + hmac(signed));
      assertThat(result.get("batchId").textValue()).isEqualTo(id);

      String texts = caller.create("{\"operation\":\"webhook\",\"items\":[\"plain\"]}").id();
      assertThat(caller.results(texts).at("/0/result").textValue()).isEqualTo("said");
      assertThat(receiver.next().path()).isEqualTo("/hooks");
    }
  }

  private static String hmac(String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    byte[] key = Base64.getDecoder().decode(SECRET.substring("whsec_".length()));
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(UTF_8)));
  }

  @Test
  @DisplayName(
      "a receiver that refuses an item is final, one that is busy is asked again later, one that fails by policy")
  void refused() throws Exception {
    Function<Told, Reply> answers =
        told -> {
          boolean isFirst = told.json().get("attempt").intValue() == 1;
          return switch (input(told)) {
            case "429", "503" ->
                isFirst
                    ? new Reply(Integer.parseInt(input(told)), "", Map.of("Retry-After", "0"))
                    : Reply.of(200, "");
            case "500" -> Reply.of(isFirst ? 500 : 204, "");
            case "302" -> new Reply(302, "", Map.of("Location", "/hooks/elsewhere"));
            default -> Reply.of(Integer.parseInt(input(told)), "");
          };
        };
    try (Receiver receiver = new Receiver(answers);
        Started service = started(receiver, Map.of("BATCH_MAX_RETRIES", "1"))) {
      Caller caller = service.caller();
      String id =
          caller
              .create(
                  "{\"operation\":\"webhook\",\"items\":[\"429\",\"503\",\"500\",\"422\",\"302\",\"502\"]}")
              .id();
      JsonNode results = caller.results(id);

      assertThat(results.findValuesAsText("success"))
          .containsExactly("true", "true", "true", "false", "false", "false");
      assertThat(caller.errors(id))
          .containsOnly(
              Map.entry("HTTP_422", 1), Map.entry("HTTP_302", 1), Map.entry("HTTP_502", 1));
      // Two attempts of 429, 503, 500 and 502, one of the others.
      assertThat(receiver.waiting()).isEqualTo(10);
      while (receiver.waiting() > 0) {
        assertThat(receiver.next().path()).isEqualTo("/hooks");
      }
    }
  }

  @Test
  @DisplayName("no answer in time is a failed attempt")
  void timeout() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    Function<Told, Reply> silence =
        told -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return Reply.of(500, "");
        };
    try (Receiver receiver = new Receiver(silence);
        Started service =
            started(receiver, Map.of("BATCH_TIMEOUT_MS", "300", "BATCH_MAX_RETRIES", "0"))) {
      Caller caller = service.caller();
      String id = caller.create("{\"operation\":\"webhook\",\"items\":[\"x\"]}").id();

      assertThat(caller.results(id).at("/0/success").booleanValue()).isFalse();
      assertThat(caller.errors(id).keySet()).hasSize(1);
      assertThat(caller.errors(id).keySet().toString()).containsIgnoringCase("timeout");
      never.countDown();
    }
  }

  @Test
  @DisplayName("an answer that is too large for an output fails the item for good")
  void largeAnswer() throws Exception {
    try (Receiver receiver = new Receiver(always(200, "x".repeat((1 << 20) + 1)));
        Started service = started(receiver, Map.of())) {
      Caller caller = service.caller();
      String id = caller.create("{\"operation\":\"webhook\",\"items\":[\"x\"]}").id();

      assertThat(caller.results(id).at("/0/success").booleanValue()).isFalse();
      assertThat(caller.errors(id)).containsOnly(Map.entry("ANSWER_TOO_LARGE", 1));
    }
  }

  @Test
  @DisplayName("a batch that was created with another --allow-url is not sent anywhere else")
  void otherRoots() throws Exception {
    try (Receiver receiver = new Receiver(always(422, ""))) {
      String id;
      try (Started service = started(receiver, Map.of())) {
        id =
            service
                .caller()
                .create(
                    "{\"operation\":\"webhook\",\"items\":[\"x\"],\"filters\":{\"url\":\"%s\"}}"
                        .formatted(receiver.url("/hooks/a")))
                .id();
        service.caller().ended(id);
        receiver.next();
      }
      try (Started service = Started.in(folder, "--allow-url", receiver.url("/other"))) {
        Caller caller = service.caller();
        assertThat(caller.post("api/batch/" + id + "/retry", "{}").status()).isEqualTo(200);
        caller.ended(id);

        assertThat(caller.errors(id)).containsEntry("NOT_ALLOWED", 1);
        assertThat(receiver.waiting()).isZero();
      }
    }
  }

  @Test
  @DisplayName(
      "notifyOnComplete posts the end of a batch to --notify-url, and is refused without one")
  void told() throws Exception {
    String json =
        "{\"operation\":\"audit\",\"items\":[\"gone.pom\"],\"options\":{\"notifyOnComplete\":true}}";
    try (Receiver receiver = new Receiver(always(200, ""))) {
      try (Started service = started(receiver, Map.of())) {
        String id = service.caller().create(json).id();
        Told told = receiver.next();

        assertThat(told.path()).isEqualTo("/told");
        assertThat(told.json().get("batch_id").textValue()).isEqualTo(id);
        assertThat(told.json().get("state").textValue()).isEqualTo("COMPLETED");
        assertThat(told.headers()).containsKey("Webhook-Signature");
      }
      try (Started service = Started.in(folder)) {
        Answer refused = service.caller().create(json);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.text()).contains("options.notifyOnComplete");
        assertThat(service.caller().get("api/batch/operations").text())
            .doesNotContain("\"webhook\"");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://other.example/hooks",
        "https://host.example/hooks",
        "http://host.example:81/hooks",
        "http://host.example/hooks2",
        "http://host.example/",
        "http://host.example/hooks/../admin",
        "http://host.example/hooks/%2e%2e/admin",
        "http://host.example/hooks//x",
        "http://me@host.example/hooks",
        "http://host.example/hooks#x",
        "http://host.example.evil.example/hooks",
        "//host.example/hooks",
        "no url"
      })
  @DisplayName("webhooks go nowhere but below the roots that were given")
  void elsewhere(String url) {
    AllowedUrls urls = new AllowedUrls(List.of("http://host.example/hooks", "https://two.example"));

    assertThatIllegalArgumentException().isThrownBy(() -> urls.allowed(url));
    assertThat(urls.allowed("http://HOST.example:80/hooks/a?b=%20")).isNotNull();
    assertThat(urls.allowed("https://two.example/any")).isNotNull();
  }
}
