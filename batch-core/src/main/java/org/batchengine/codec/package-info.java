/**
 * Payloads as text: how inputs and outputs of a job type are written to a store and read from it.
 * Jackson is optional; only {@link org.batchengine.codec.JacksonCodecs} touches it.
 */
@NullMarked
package org.batchengine.codec;

import org.jspecify.annotations.NullMarked;
