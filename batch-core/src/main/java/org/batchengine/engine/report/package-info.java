/** Makes reports and statistics of what the store has. */
@NullMarked
package org.batchengine.engine.report;

import org.jspecify.annotations.NullMarked;
