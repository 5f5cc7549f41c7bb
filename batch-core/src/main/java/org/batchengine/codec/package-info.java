/**
 * Codecs that convert the inputs and outputs of job types to text and back. Jackson is optional;
 * only {@link org.batchengine.codec.JacksonCodecs} uses it.
 */
@NullMarked
package org.batchengine.codec;

import org.jspecify.annotations.NullMarked;
