package org.batchengine.store;

/** Whether there is something to do for schedules. */
public record ScheduleLook(boolean hasDueSchedules, boolean hasDueFires) {}
