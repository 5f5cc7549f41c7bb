/** Reads what happened to batches, and gives it the positions it is read by. */
@NullMarked
package org.batchengine.jdbc.feed;

import org.jspecify.annotations.NullMarked;
