/** Writes what became of items, and ends batches. */
@NullMarked
package org.batchengine.jdbc.settle;

import org.jspecify.annotations.NullMarked;
