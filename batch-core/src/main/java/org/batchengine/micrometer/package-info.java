/**
 * The engine's figures in Micrometer. Needs {@code io.micrometer:micrometer-core}, which the rest
 * of the library runs without.
 */
@NullMarked
package org.batchengine.micrometer;

import org.jspecify.annotations.NullMarked;
