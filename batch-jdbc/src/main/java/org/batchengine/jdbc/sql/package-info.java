/** How work runs on a database: transactions and turns, values, and what errors mean. */
@NullMarked
package org.batchengine.jdbc.sql;

import org.jspecify.annotations.NullMarked;
