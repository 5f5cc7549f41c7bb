/** Reads what reports, comparisons and exports consist of. */
@NullMarked
package org.batchengine.jdbc.report;

import org.jspecify.annotations.NullMarked;
