/** Finds and finishes what no engine has in hand; removes what is hidden. */
@NullMarked
package org.batchengine.jdbc.sweep;

import org.jspecify.annotations.NullMarked;
