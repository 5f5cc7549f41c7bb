/** Runs host code: workers, their queue, and how much they want claimed. */
@NullMarked
package org.batchengine.engine.run;

import org.jspecify.annotations.NullMarked;
