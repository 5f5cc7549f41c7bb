package org.batchengine.store;

import org.jspecify.annotations.Nullable;

/**
 * A reader of the feed that the store keeps the position of.
 *
 * @param tenant the tenant in whose view it reads; empty: all tenants
 * @param name never empty
 */
public record ReaderName(String tenant, String name) {

  /** A reader in the view of a tenant; null: all tenants. */
  public static ReaderName of(@Nullable String tenant, String name) {
    return new ReaderName(tenant == null ? "" : tenant, name);
  }
}
