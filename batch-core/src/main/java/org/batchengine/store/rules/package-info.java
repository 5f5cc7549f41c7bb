/** The rules that all stores share. For the stores of this project only; nothing here is stable. */
@NullMarked
package org.batchengine.store.rules;

import org.jspecify.annotations.NullMarked;
