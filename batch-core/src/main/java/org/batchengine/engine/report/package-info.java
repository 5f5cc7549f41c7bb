/** Reports, statistics, exports and comparisons, made of what the store has. */
@NullMarked
package org.batchengine.engine.report;

import org.jspecify.annotations.NullMarked;
