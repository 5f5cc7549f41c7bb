package org.batchengine.store;

import org.batchengine.model.BatchState;

/**
 * The state of a batch whose items workers hold, and whether they know its settings.
 *
 * @param forced whether to interrupt running calls as well
 * @param revision how often its settings were changed; see {@link BatchHeader}
 */
public record Steered(long batch, BatchState state, boolean forced, int revision) {}
