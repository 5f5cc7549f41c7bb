/** What the engine holds: leases, the batches they belong to, and their items. */
@NullMarked
package org.batchengine.engine.lease;

import org.jspecify.annotations.NullMarked;
