/** Transactions that host code works in, and that keep outcomes with its work. */
@NullMarked
package org.batchengine.jdbc.transaction;

import org.jspecify.annotations.NullMarked;
