/** Sessions of engines: opened, renewed, released, reaped. */
@NullMarked
package org.batchengine.jdbc.session;

import org.jspecify.annotations.NullMarked;
