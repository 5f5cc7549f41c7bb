/**
 * What hosts call: an engine that runs batches of items, and the types that describe the work.
 *
 * <p>{@link org.batchengine.BatchEngine#builder} is where to begin. Nothing that is read is null:
 * what can be absent is an {@link java.util.Optional}, lists are never null.
 */
@NullMarked
package org.batchengine;

import org.jspecify.annotations.NullMarked;
