/** What this engine may begin under limits that hold over all nodes. */
@NullMarked
package org.batchengine.engine.limit;

import org.jspecify.annotations.NullMarked;
