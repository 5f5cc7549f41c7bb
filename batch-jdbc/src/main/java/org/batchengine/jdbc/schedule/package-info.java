/** Keeps schedules, their fires, and templates. */
@NullMarked
package org.batchengine.jdbc.schedule;

import org.jspecify.annotations.NullMarked;
