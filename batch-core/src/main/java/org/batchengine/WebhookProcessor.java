package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.jspecify.annotations.Nullable;

/**
 * Tells a URL that a batch has ended: a signed {@code POST} of the batch as JSON.
 *
 * <pre>{@code
 * static final JobType<BatchEnd, Void> ENDED = JobType.of("ended", BatchEnd.class);
 *
 * builder.register(ENDED, WebhookProcessor.to(url, secret, id -> engine.find(id)));
 * }</pre>
 *
 * <p>The body is {@link BatchJob#toMap()} as it is when the request is made. If the batch has been
 * deleted or reopened meanwhile, it is {@link BatchEnd#toMap()} alone. Requests have these headers:
 *
 * <ul>
 *   <li>{@code Webhook-Id}: the same whenever this end is told again; a receiver that has seen it
 *       should answer 200 and do nothing
 *   <li>{@code Webhook-Timestamp}: when the request was made, in seconds since 1970; a receiver
 *       should refuse a request that is older than a few minutes
 *   <li>{@code Webhook-Signature}: {@code v1=} and the HMAC-SHA256 of {@code timestamp.id.body} in
 *       hexadecimal digits; while the secret changes, one for each secret, separated by a comma
 * </ul>
 *
 * <p>A status from 200 to 299 is a success. 408, 425, 429, those from 500, a timeout and a failure
 * of the connection fail the attempt, with codes such as {@code HTTP_503}, {@code WEBHOOK_TIMEOUT}
 * and {@code WEBHOOK_UNREACHABLE}, and the retry policy decides. If such an answer has a {@code
 * Retry-After} of up to a day, the processor {@linkplain ItemContext#retryAfter waits} that long
 * instead. Any other status is final, and the item has failed. Redirects are not followed, so that
 * nobody can lead a signed request elsewhere; they are final too.
 *
 * <p>URL and secret stay in memory: they are neither stored nor logged, and no error has them.
 * Immutable and thread-safe.
 */
public final class WebhookProcessor implements ItemProcessor<BatchEnd, Void> {
  private static final Set<Integer> RETRIED = Set.of(408, 425, 429);
  private static final Duration LONGEST_WAIT = Duration.ofDays(1);
  private static final int LEAST_SECRET = 16;
  private static final int MOST_JSON = 1 << 22;

  private final URI url;
  private final List<String> secrets;
  private final Function<BatchId, Optional<BatchJob>> batches;
  private final Duration timeout;
  private final InstantSource clock;
  private final HttpClient client;

  private WebhookProcessor(
      URI url,
      List<String> secrets,
      Function<BatchId, Optional<BatchJob>> batches,
      Duration timeout,
      InstantSource clock,
      HttpClient client) {
    this.url = url;
    this.secrets = secrets;
    this.batches = batches;
    this.timeout = timeout;
    this.clock = clock;
    this.client = client;
  }

  /**
   * Returns a processor that waits up to 10 seconds for an answer.
   *
   * @param url an absolute URL with the scheme https or http
   * @param secret what receiver and sender share; at least 16 characters
   * @param batches finds a batch, such as {@code id -> engine.find(id)}; called only while items
   *     are processed
   * @throws IllegalArgumentException if URL or secret is not allowed
   */
  public static WebhookProcessor to(
      URI url, String secret, Function<BatchId, Optional<BatchJob>> batches) {
    String scheme = requireNonNull(url, "url").getScheme();
    if (!"https".equalsIgnoreCase(scheme) && !"http".equalsIgnoreCase(scheme)) {
      throw new IllegalArgumentException("url has the scheme " + scheme + ": use https or http");
    }
    if (url.getHost() == null) {
      throw new IllegalArgumentException("url has no host: use one such as https://host/path");
    }
    return new WebhookProcessor(
        url,
        List.of(checked("secret", secret)),
        requireNonNull(batches, "batches"),
        Duration.ofSeconds(10),
        InstantSource.system(),
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1) // plain HTTP: no attempt to upgrade
            .followRedirects(HttpClient.Redirect.NEVER)
            .build());
  }

  private static String checked(String what, String secret) {
    int length = requireNonNull(secret, what).length();
    if (length < LEAST_SECRET) {
      throw new IllegalArgumentException(
          "%s has %d characters: use at least %d".formatted(what, length, LEAST_SECRET));
    }
    return secret;
  }

  /**
   * Returns this processor with requests that are signed with a second secret as well, while
   * receivers change from one to the other.
   *
   * @throws IllegalArgumentException if the secret is too short, or there are two already
   */
  public WebhookProcessor alsoSignedWith(String secret) {
    checked("secret", secret);
    if (secrets.size() > 1) {
      throw new IllegalArgumentException("secret: there are two already, the most there can be");
    }
    return new WebhookProcessor(
        url, List.of(secrets.get(0), secret), batches, timeout, clock, client);
  }

  /**
   * Returns this processor with another timeout, from the connection to the end of the answer.
   *
   * @param timeout 10 milliseconds to 10 minutes; should be less than {@link JobOptions#timeout}
   * @throws IllegalArgumentException if it is out of range
   */
  public WebhookProcessor timeout(Duration timeout) {
    Arguments.between("timeout", timeout, Duration.ofMillis(10), Duration.ofMinutes(10));
    return new WebhookProcessor(url, secrets, batches, timeout, clock, client);
  }

  /** Returns this processor on another clock. */
  WebhookProcessor clock(InstantSource clock) {
    return new WebhookProcessor(url, secrets, batches, timeout, clock, client);
  }

  @Override
  public @Nullable Void process(BatchEnd end, ItemContext context) throws Exception {
    byte[] body = MetadataJson.write(told(end), MOST_JSON).getBytes(StandardCharsets.UTF_8);
    String id = context.idempotencyKey();
    String time = Long.toString(clock.instant().getEpochSecond());
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .header("Content-Type", "application/json")
            .header("User-Agent", "BatchEngine")
            .header("Webhook-Id", id)
            .header("Webhook-Timestamp", time)
            .header("Webhook-Signature", signatures(time, id, body))
            .POST(BodyPublishers.ofByteArray(body))
            .build();
    return judged(answer(request, context), context);
  }

  /** What of the batch is about this end. */
  private Map<String, Object> told(BatchEnd end) {
    return batches
        .apply(end.batch())
        .filter(job -> job.run() == end.run() && job.state() == end.state())
        .map(BatchJob::toMap)
        .orElseGet(end::toMap);
  }

  private String signatures(String time, String id, byte[] body) throws GeneralSecurityException {
    List<String> all = new ArrayList<>();
    for (String secret : secrets) {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      mac.update((time + "." + id + ".").getBytes(StandardCharsets.UTF_8));
      all.add("v1=" + HexFormat.of().formatHex(mac.doFinal(body)));
    }
    return String.join(",", all);
  }

  /** The client's exceptions may name host or URL, so no more than their class is told. */
  private HttpResponse<Void> answer(HttpRequest request, ItemContext context)
      throws InterruptedException {
    CompletableFuture<HttpResponse<Void>> answer =
        client.sendAsync(request, BodyHandlers.discarding());
    try {
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return context.fail("WEBHOOK_TIMEOUT", "no answer within " + timeout);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IOException) {
        return context.fail("WEBHOOK_UNREACHABLE", cause.getClass().getSimpleName());
      }
      throw new IllegalStateException("the request could not be sent");
    } finally {
      answer.cancel(true);
    }
  }

  private @Nullable Void judged(HttpResponse<Void> answer, ItemContext context) {
    int status = answer.statusCode();
    String code = "HTTP_" + status;
    if (status >= 200 && status < 300) {
      return null;
    }
    if (status < 500 && !RETRIED.contains(status)) {
      boolean isRedirect = status >= 300 && status < 400;
      return context.giveUp(
          code, isRedirect ? "redirects are not followed" : "the receiver refuses it");
    }
    Optional<Duration> wait = answer.headers().firstValue("Retry-After").flatMap(this::wait);
    return wait.isPresent()
        ? context.retryAfter(wait.get())
        : context.fail(code, "the receiver cannot take it now");
  }

  /** A number of seconds or an HTTP date; nothing of what cannot be read or is too long. */
  private Optional<Duration> wait(String text) {
    Duration wait;
    try {
      wait =
          text.matches("\\d{1,9}")
              ? Duration.ofSeconds(Long.parseLong(text))
              : Duration.between(
                  clock.instant(),
                  ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
    return Optional.of(wait)
        .filter(time -> time.compareTo(LONGEST_WAIT) <= 0)
        .map(time -> time.isNegative() ? Duration.ZERO : time);
  }

  /** {@return its name, without URL and secret} */
  @Override
  public String toString() {
    return "WebhookProcessor";
  }
}
