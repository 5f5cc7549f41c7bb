/** What becomes of an attempt. */
@NullMarked
package org.batchengine.engine.verdict;

import org.jspecify.annotations.NullMarked;
