/** Claims work and loads it for the workers. */
@NullMarked
package org.batchengine.engine.claim;

import org.jspecify.annotations.NullMarked;
