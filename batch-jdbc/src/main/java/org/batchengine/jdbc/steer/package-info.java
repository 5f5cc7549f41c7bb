/** Pauses, resumes, cancels, reopens and hides batches. */
@NullMarked
package org.batchengine.jdbc.steer;

import org.jspecify.annotations.NullMarked;
