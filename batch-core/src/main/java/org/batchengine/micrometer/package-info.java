/**
 * The engine's metrics in Micrometer. Needs {@code io.micrometer:micrometer-core}; the rest of the
 * library runs without it.
 */
@NullMarked
package org.batchengine.micrometer;

import org.jspecify.annotations.NullMarked;
