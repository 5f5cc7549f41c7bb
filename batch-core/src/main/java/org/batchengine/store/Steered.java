package org.batchengine.store;

import org.batchengine.model.BatchState;

/**
 * Where a batch stands that workers hold items of.
 *
 * @param forced whether calls that run are to be interrupted as well
 */
public record Steered(long batch, BatchState state, boolean forced) {}
