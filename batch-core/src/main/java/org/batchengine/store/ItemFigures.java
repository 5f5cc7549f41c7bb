package org.batchengine.store;

import java.time.Instant;
import org.batchengine.model.ItemState;
import org.jspecify.annotations.Nullable;

/**
 * What a report needs of a settled item.
 *
 * @param durationMicros how long its last attempt took; null: no engine saw it end
 */
public record ItemFigures(
    int index,
    ItemState state,
    int attempts,
    @Nullable Long durationMicros,
    @Nullable Double quality,
    Instant settledAt,
    Measured measured) {}
