package org.batchengine.examples.service;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The URLs that webhooks may name: these roots, and what is below them. */
final class AllowedUrls {
  private final List<URI> roots;

  /**
   * Allows URLs.
   *
   * @param roots at least one
   * @throws IllegalArgumentException if one is no root
   */
  AllowedUrls(List<String> roots) {
    this.roots = roots.stream().map(AllowedUrls::root).toList();
  }

  private static URI root(String text) {
    URI root = absolute(text);
    if (root.getRawQuery() != null) {
      throw new IllegalArgumentException(text + " has a query: leave it out");
    }
    return root;
  }

  /**
   * Reads a URL of a server.
   *
   * @throws IllegalArgumentException if it is none, or has a user or a fragment
   */
  static URI absolute(String text) {
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("is no URL: " + e.getReason(), e);
    }
    String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
    if (url.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new IllegalArgumentException("is no URL such as https://host/path");
    }
    if (url.getRawUserInfo() != null || url.getRawFragment() != null) {
      throw new IllegalArgumentException("has a user or a fragment: leave it out");
    }
    return url;
  }

  /** {@return where webhooks go that name no URL} */
  URI first() {
    return roots.get(0);
  }

  /**
   * Reads a URL that is allowed.
   *
   * @throws IllegalArgumentException names the roots if it is not
   */
  URI allowed(String text) {
    URI url = absolute(text);
    if (roots.stream().noneMatch(root -> isBelow(url, root))) {
      throw new IllegalArgumentException("must be %s, or below".formatted(this));
    }
    return url;
  }

  private static boolean isBelow(URI url, URI root) {
    return url.getScheme().equalsIgnoreCase(root.getScheme())
        && url.getHost().equalsIgnoreCase(root.getHost())
        && port(url) == port(root)
        && isBelow(path(url), path(root));
  }

  private static boolean isBelow(String path, String root) {
    // Servers decode and shorten paths, each in its own way.
    boolean isPlain = !path.contains("%") && !path.contains("//") && !path.contains("/.");
    String folder = root.endsWith("/") ? root : root + "/";
    return path.equals(root) || (isPlain && path.startsWith(folder));
  }

  private static String path(URI url) {
    return url.getRawPath().isEmpty() ? "/" : url.getRawPath();
  }

  private static int port(URI url) {
    if (url.getPort() >= 0) {
      return url.getPort();
    }
    return url.getScheme().equalsIgnoreCase("https") ? 443 : 80;
  }

  /** {@return the roots, for people} */
  @Override
  public String toString() {
    return roots.stream().map(URI::toString).collect(Collectors.joining(" or "));
  }
}
