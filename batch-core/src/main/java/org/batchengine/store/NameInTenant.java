package org.batchengine.store;

/** What names a schedule, or a template: no other one of its tenant has the name. */
public record NameInTenant(String tenant, String name) {}
