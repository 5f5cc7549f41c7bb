/** The store that keeps everything in memory, for tests. */
@NullMarked
package org.batchengine.memory;

import org.jspecify.annotations.NullMarked;
