/** Reads batches and their items. */
@NullMarked
package org.batchengine.jdbc.read;

import org.jspecify.annotations.NullMarked;
