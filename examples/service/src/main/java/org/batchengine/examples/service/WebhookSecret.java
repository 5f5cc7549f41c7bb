package org.batchengine.examples.service;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What receivers of webhooks know too, in the form of Standard Webhooks: whsec_ and Base64. */
final class WebhookSecret {
  private static final String VARIABLE = "BATCH_WEBHOOK_SECRET";
  private static final String PREFIX = "whsec_";
  private static final String ALGORITHM = "HmacSHA256";

  /** Of 24 to 64 bytes. */
  private static final Pattern FORM = Pattern.compile(PREFIX + "[A-Za-z0-9+/]{32,86}={0,2}");

  private final String text;

  private WebhookSecret(String text) {
    this.text = text;
  }

  /**
   * Returns that of the environment, or one that is kept in a file.
   *
   * @throws IllegalArgumentException if it has another form
   */
  static WebhookSecret of(Map<String, String> environment, Path file) throws IOException {
    String given = environment.get(VARIABLE);
    if (given == null) {
      return new WebhookSecret(OwnFile.readOrMake(file, FORM, WebhookSecret::encoded));
    }
    if (!FORM.matcher(given).matches()) {
      throw new IllegalArgumentException(
          "%s in the environment must be %s and the Base64 of 24 to 64 bytes; unset it for one that is made"
              .formatted(VARIABLE, PREFIX));
    }
    return new WebhookSecret(given);
  }

  private static String encoded(byte[] bytes) {
    return PREFIX + Base64.getEncoder().encodeToString(bytes);
  }

  /** {@return v1 and the HMAC-SHA256 of id, timestamp and body, with a point between} */
  String signature(String id, String timestamp, byte[] body) throws GeneralSecurityException {
    byte[] key = Base64.getDecoder().decode(text.substring(PREFIX.length()));
    Mac mac = Mac.getInstance(ALGORITHM);
    mac.init(new SecretKeySpec(key, ALGORITHM));
    mac.update((id + "." + timestamp + ".").getBytes(UTF_8));
    return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
  }

  /** {@return all of it: the key of {@link org.batchengine.WebhookProcessor}} */
  String text() {
    return text;
  }
}
