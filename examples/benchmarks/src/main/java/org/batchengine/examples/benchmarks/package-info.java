/** Measures the engine beside plain JDBC and its peers, each in a JVM of its own. */
@NullMarked
package org.batchengine.examples.benchmarks;

import org.jspecify.annotations.NullMarked;
