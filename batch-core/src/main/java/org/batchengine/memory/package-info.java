/** A store in memory, for tests. */
@NullMarked
package org.batchengine.memory;

import org.jspecify.annotations.NullMarked;
