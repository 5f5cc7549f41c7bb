/**
 * The tools of the engine's threads: loops and the steps they repeat, signals, and the record of
 * failures.
 */
@NullMarked
package org.batchengine.engine.loop;

import org.jspecify.annotations.NullMarked;
