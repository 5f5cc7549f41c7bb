/** The engine's lease on its place in the cluster, and the thread that renews it. */
@NullMarked
package org.batchengine.engine.session;

import org.jspecify.annotations.NullMarked;
