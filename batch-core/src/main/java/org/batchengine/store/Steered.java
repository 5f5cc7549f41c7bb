package org.batchengine.store;

import org.batchengine.model.BatchState;

/**
 * The state of a batch whose items workers hold.
 *
 * @param forced whether to interrupt running calls as well
 */
public record Steered(long batch, BatchState state, boolean forced) {}
