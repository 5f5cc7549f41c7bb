/** The ports of a store, and their values. */
@NullMarked
package org.batchengine.store;

import org.jspecify.annotations.NullMarked;
