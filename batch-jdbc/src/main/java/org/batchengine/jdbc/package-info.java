/** The store that keeps batches in PostgreSQL or H2. */
@NullMarked
package org.batchengine.jdbc;

import org.jspecify.annotations.NullMarked;
