/** Hands out work to sessions, and loads it. */
@NullMarked
package org.batchengine.jdbc.claim;

import org.jspecify.annotations.NullMarked;
