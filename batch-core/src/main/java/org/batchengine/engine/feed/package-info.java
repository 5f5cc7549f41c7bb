/** Tells hosts of what happens to batches on all nodes. */
@NullMarked
package org.batchengine.engine.feed;

import org.jspecify.annotations.NullMarked;
