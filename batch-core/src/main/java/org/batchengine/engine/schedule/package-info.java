/** Fires schedules, and submits the batches of their fires. */
@NullMarked
package org.batchengine.engine.schedule;

import org.jspecify.annotations.NullMarked;
