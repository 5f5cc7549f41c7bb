/**
 * Codecs that convert the inputs and outputs of job types to text and back. Jackson is optional;
 * only {@link org.batchengine.codec.JacksonCodecs} and {@link org.batchengine.codec.Jackson3Codecs}
 * use it.
 */
@NullMarked
package org.batchengine.codec;

import org.jspecify.annotations.NullMarked;
