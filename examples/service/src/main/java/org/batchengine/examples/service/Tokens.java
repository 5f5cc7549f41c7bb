package org.batchengine.examples.service;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.batchengine.web.Right;
import org.batchengine.web.Visitor;
import org.jspecify.annotations.Nullable;

/** Who gets in: visitors by the SHA-256 of their tokens. Immutable. */
final class Tokens {
  private static final int COLUMNS = 4;
  private static final int SHA256_DIGITS = 64;

  private final List<Entry> entries;

  private Tokens(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  private static final class Entry {
    final Visitor visitor;
    final byte[] digest;

    Entry(Visitor visitor, byte[] digest) {
      this.visitor = visitor;
      this.digest = digest;
    }

    boolean is(byte[] other) {
      return MessageDigest.isEqual(digest, other);
    }
  }

  /** Returns the only token there is: its visitor may do everything, for all tenants. */
  static Tokens single(String token) {
    Visitor owner = Visitor.named(System.getProperty("user.name", "owner")).allTenants();
    return new Tokens(List.of(new Entry(owner.may(Right.values()), sha256(token))));
  }

  /**
   * Reads a file with a line for each token: name, tenant, rights and SHA-256, separated by blanks.
   * Empty lines, and those that begin with #, are passed over.
   *
   * @throws IllegalArgumentException says which line is wrong, and how it should be
   */
  static Tokens read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException("--tokens %s is no file".formatted(file));
    }
    List<Entry> entries = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      try {
        Entry entry = entry(line);
        if (entries.stream().anyMatch(other -> other.is(entry.digest))) {
          throw new IllegalArgumentException("an earlier line has the same token");
        }
        entries.add(entry);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "--tokens %s, line %d: %s".formatted(file, i + 1, e.getMessage()), e);
      }
    }
    if (entries.isEmpty()) {
      throw new IllegalArgumentException("--tokens %s has no token".formatted(file));
    }
    return new Tokens(entries);
  }

  private static Entry entry(String line) {
    String[] columns = line.split("\\s+", -1);
    if (columns.length != COLUMNS) {
      throw new IllegalArgumentException(
          "there are %d columns: write name, tenant or *, rights such as READ,SUBMIT, and the SHA-256 of the token"
              .formatted(columns.length));
    }
    Visitor named = Visitor.named(columns[0]);
    Visitor visitor = columns[1].equals("*") ? named.allTenants() : named.tenant(columns[1]);
    return new Entry(visitor.may(rights(columns[2])), digest(columns[3]));
  }

  private static Right[] rights(String text) {
    if (text.equals("*")) {
      return Right.values();
    }
    return Arrays.stream(text.split(",")).map(Tokens::right).toArray(Right[]::new);
  }

  private static Right right(String name) {
    return Arrays.stream(Right.values())
        .filter(right -> right.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no right \"%s\": use * for all, or some of %s separated by commas"
                        .formatted(name, Arrays.toString(Right.values()))));
  }

  private static byte[] digest(String digits) {
    String lower = digits.toLowerCase(Locale.ROOT);
    if (!lower.matches("[0-9a-f]{" + SHA256_DIGITS + "}")) {
      throw new IllegalArgumentException(
          "the last column is no SHA-256: write the %d digits of  printf %%s TOKEN | sha256sum"
              .formatted(SHA256_DIGITS));
    }
    return HexFormat.of().parseHex(lower);
  }

  /** {@return who sends a request: by a bearer's token, or by one as the password of Basic} */
  Optional<Visitor> visitor(HttpServletRequest request) {
    return token(request.getHeader("Authorization")).flatMap(this::visitor);
  }

  /** Looks at all lines, so that the time it takes says nothing. */
  Optional<Visitor> visitor(String token) {
    byte[] digest = sha256(token);
    Visitor found = null;
    for (Entry entry : entries) {
      found = entry.is(digest) ? entry.visitor : found;
    }
    return Optional.ofNullable(found);
  }

  private static Optional<String> token(@Nullable String authorization) {
    String[] words = authorization == null ? new String[0] : authorization.strip().split(" +", 2);
    if (words.length < 2) {
      return Optional.empty();
    }
    return switch (words[0].toLowerCase(Locale.ROOT)) {
      case "bearer" -> Optional.of(words[1]);
      case "basic" -> password(words[1]);
      default -> Optional.empty();
    };
  }

  private static Optional<String> password(String encoded) {
    try {
      String login = new String(Base64.getDecoder().decode(encoded), UTF_8);
      int colon = login.indexOf(':');
      return colon < 0 ? Optional.empty() : Optional.of(login.substring(colon + 1));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
