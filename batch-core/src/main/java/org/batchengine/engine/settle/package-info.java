/** Writes verdicts to the store, and ends the batches that are done. */
@NullMarked
package org.batchengine.engine.settle;

import org.jspecify.annotations.NullMarked;
