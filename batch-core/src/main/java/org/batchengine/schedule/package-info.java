/** Schedules and templates: when batches are submitted, and what of them is kept. */
@NullMarked
package org.batchengine.schedule;

import org.jspecify.annotations.NullMarked;
