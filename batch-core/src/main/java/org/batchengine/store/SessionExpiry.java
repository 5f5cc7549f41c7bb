package org.batchengine.store;

import java.time.Instant;

/** A session and the instant, in the store's time, at which it expired or will expire. */
public record SessionExpiry(long session, Instant expiresAt) {}
