package org.batchengine.engine.verdict;

import org.batchengine.model.ItemError;

/**
 * An exception, judged where the call runs: the host's code decides about it and writes its
 * message, and may hang.
 *
 * @param isRetryable whether another attempt is worth it
 */
public record JudgedFailure(ItemError error, boolean isRetryable) {}
