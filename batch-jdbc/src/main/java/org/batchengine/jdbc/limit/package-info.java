/** Limits: what is set, and what sessions may begin. */
@NullMarked
package org.batchengine.jdbc.limit;

import org.jspecify.annotations.NullMarked;
