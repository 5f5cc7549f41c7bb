package org.batchengine.store;

import org.jspecify.annotations.Nullable;

/**
 * Who changes a batch, and where; both are recorded with the event.
 *
 * @param user the person or program that asked for it; null: nobody was named
 * @param node the node that was called
 */
public record Actor(@Nullable String user, String node) {}
