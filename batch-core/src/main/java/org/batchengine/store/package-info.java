/** What the engine needs of a store. */
@NullMarked
package org.batchengine.store;

import org.jspecify.annotations.NullMarked;
