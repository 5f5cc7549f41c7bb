/** Looks after what other engines, crashes and operators leave behind. */
@NullMarked
package org.batchengine.engine.mend;

import org.jspecify.annotations.NullMarked;
