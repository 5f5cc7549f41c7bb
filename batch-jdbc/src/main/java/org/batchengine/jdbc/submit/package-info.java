/** Takes batches in. */
@NullMarked
package org.batchengine.jdbc.submit;

import org.jspecify.annotations.NullMarked;
