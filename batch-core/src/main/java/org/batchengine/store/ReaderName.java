package org.batchengine.store;

import org.jspecify.annotations.Nullable;

/**
 * A reader of the feed that the store keeps the position of.
 *
 * @param tenant the tenant in whose view it reads; empty: all tenants
 * @param name never empty
 */
public record ReaderName(String tenant, String name) {
  /** What the names of the engine's own readers begin with, and no name of a host. */
  public static final String RESERVED = "batchengine/";

  /** The engine's reader that tells of the ends of batches. */
  public static final ReaderName NOTIFIER = new ReaderName("", RESERVED + "notify");

  /** A reader in the view of a tenant; null: all tenants. */
  public static ReaderName of(@Nullable String tenant, String name) {
    return new ReaderName(tenant == null ? "" : tenant, name);
  }
}
