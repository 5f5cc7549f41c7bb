package org.batchengine.engine.loop;

import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The time of an engine; the store has its own.
 *
 * @param instants the time of day, for events and errors
 * @param nanos a time that only moves forward, for intervals
 */
public record EngineClock(InstantSource instants, LongSupplier nanos) {}
