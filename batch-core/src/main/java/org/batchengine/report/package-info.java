/** What reports, comparisons and exports consist of. */
@NullMarked
package org.batchengine.report;

import org.jspecify.annotations.NullMarked;
