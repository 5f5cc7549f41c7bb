/**
 * The API for hosts: an engine that runs batches of items, and the types that describe the work.
 *
 * <p>Start with {@link org.batchengine.BatchEngine#builder}. Nothing you read is null: a value that
 * may be absent is an {@link java.util.Optional}, and lists are never null.
 */
@NullMarked
package org.batchengine;

import org.jspecify.annotations.NullMarked;
