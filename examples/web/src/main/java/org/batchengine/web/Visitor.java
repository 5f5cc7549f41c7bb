package org.batchengine.web;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.batchengine.BatchEngine;
import org.batchengine.Batches;
import org.jspecify.annotations.Nullable;

/**
 * Who sends a request, and what they may do. Belongs to the tenant {@code default} and has no
 * rights unless others are given. Immutable: each method returns a changed copy.
 */
public final class Visitor {
  private final String name;
  private final @Nullable String tenant;
  private final Set<Right> rights;

  private Visitor(String name, @Nullable String tenant, Set<Right> rights) {
    this.name = name;
    this.tenant = tenant;
    this.rights = rights;
  }

  /**
   * Returns a visitor without rights.
   *
   * @param name 1 to 200 characters, not blank; the audit shows it
   * @throws IllegalArgumentException if the name is blank or too long
   */
  public static Visitor named(String name) {
    return new Visitor(text("name", name, 200), "default", EnumSet.noneOf(Right.class));
  }

  /**
   * Sees and changes the batches of this tenant only.
   *
   * @param tenant 1 to 100 characters, not blank
   */
  public Visitor tenant(String tenant) {
    return new Visitor(name, text("tenant", tenant, 100), rights);
  }

  /** Sees and changes the batches of all tenants. */
  public Visitor allTenants() {
    return new Visitor(name, null, rights);
  }

  /** May do this, and nothing else. */
  public Visitor may(Right... rights) {
    EnumSet<Right> given = EnumSet.noneOf(Right.class);
    given.addAll(List.of(rights));
    return new Visitor(name, tenant, given);
  }

  /** {@return the name} */
  public String name() {
    return name;
  }

  /** {@return the only tenant whose batches are seen; empty for all} */
  public Optional<String> tenant() {
    return Optional.ofNullable(tenant);
  }

  /** {@return what the visitor may do, unmodifiable} */
  public Set<Right> rights() {
    return Collections.unmodifiableSet(rights);
  }

  boolean has(Right right) {
    return rights.contains(right);
  }

  /** Equal for the same visitor. */
  Object who() {
    return List.of(tenant(), name);
  }

  /** What the visitor sees of an engine. */
  Batches view(BatchEngine engine) {
    Batches own = engine.actingAs(name);
    return tenant == null ? own : own.forTenant(tenant);
  }

  private static String text(String what, String text, int most) {
    if (requireNonNull(text, what).isBlank() || text.length() > most) {
      throw new IllegalArgumentException(
          "%s has %d characters: 1 to %d are allowed, not all blank"
              .formatted(what, text.length(), most));
    }
    return text;
  }

  /** {@return name, tenant and rights} */
  @Override
  public String toString() {
    return "Visitor[name=%s, tenant=%s, rights=%s]"
        .formatted(name, tenant == null ? "*" : tenant, rights);
  }
}
