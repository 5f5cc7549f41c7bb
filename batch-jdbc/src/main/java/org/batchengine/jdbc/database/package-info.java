/** Opens a database: its pool, its tables, and what it does in its own way. */
@NullMarked
package org.batchengine.jdbc.database;

import org.jspecify.annotations.NullMarked;
