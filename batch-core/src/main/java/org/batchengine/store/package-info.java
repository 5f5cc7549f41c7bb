/** What the engine needs of a store, and the store that keeps everything in memory. */
@NullMarked
package org.batchengine.store;

import org.jspecify.annotations.NullMarked;
