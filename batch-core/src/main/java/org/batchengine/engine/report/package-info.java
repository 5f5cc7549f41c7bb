/** Exports to files, items read from files, and comparisons of batches. */
@NullMarked
package org.batchengine.engine.report;

import org.jspecify.annotations.NullMarked;
