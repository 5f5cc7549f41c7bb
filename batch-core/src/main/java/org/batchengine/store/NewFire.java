package org.batchengine.store;

import java.time.Instant;
import org.batchengine.schedule.FireState;
import org.jspecify.annotations.Nullable;

/** A fire of a schedule, as it is first written. */
public record NewFire(Instant at, FireState state, @Nullable String reason) {}
