package org.batchengine.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The page and the files that it names. Anybody may load them: they hold no data. The folder of the
 * files has a digest in its name, so browsers may keep them for ever.
 */
final class PageFiles {
  private static final Pattern NAMED = Pattern.compile("\"page/([a-z-]+\\.[a-z]+)\"");
  private static final int DIGITS = 12;
  private static final Map<String, String> TYPES =
      Map.of("js", "text/javascript", "css", "text/css", "svg", "image/svg+xml");
  private static final Set<String> VERBS = Set.of("GET", "HEAD");

  /** Served under this name too, for pages of others. */
  private static final String EVENTS = "batch-events.js";

  private final String folder;
  private final byte[] index;
  private final Map<String, byte[]> files = new HashMap<>();

  PageFiles() {
    String text = new String(read("index.html"), UTF_8);
    List<String> names =
        NAMED.matcher(text).results().map(result -> result.group(1)).distinct().toList();
    MessageDigest digest = sha256();
    for (String name : names) {
      byte[] content = read(name);
      files.put(name, content);
      digest.update(content);
    }
    folder = "page-" + HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
    index = text.replace("\"page/", "\"" + folder + "/").getBytes(UTF_8);
  }

  private static byte[] read(String name) {
    try (InputStream in =
        requireNonNull(PageFiles.class.getResourceAsStream("page/" + name), name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Answers if the page or a file of it is asked for; otherwise returns false. */
  boolean answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
    if (!VERBS.contains(request.getMethod())) {
      return false;
    }
    String uri = request.getRequestURI();
    String path = request.getPathInfo();
    if (path == null && !uri.endsWith("/")) { // addresses of the page are relative to its folder
      response.setStatus(302);
      response.setHeader("Location", uri.substring(uri.lastIndexOf('/') + 1) + "/");
      return true;
    }
    if (path == null || path.equals("/")) {
      return write(request, response, "text/html", index);
    }
    String name = path.substring(path.lastIndexOf('/') + 1);
    boolean isFile = files.containsKey(name) && path.equals("/" + folder + "/" + name);
    if (isFile) {
      response.setHeader("Cache-Control", "public, max-age=31536000, immutable");
    } else if (!path.equals("/" + EVENTS)) {
      return false;
    }
    String type = requireNonNull(TYPES.get(name.substring(name.lastIndexOf('.') + 1)));
    return write(request, response, type, requireNonNull(files.get(name)));
  }

  private static boolean write(
      HttpServletRequest request, HttpServletResponse response, String type, byte[] content)
      throws IOException {
    response.setContentType(type + ";charset=UTF-8");
    response.setContentLength(content.length);
    if (request.getMethod().equals("GET")) {
      response.getOutputStream().write(content);
    }
    return true;
  }
}
