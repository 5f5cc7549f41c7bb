/** Limits: how much of a job type, a tenant or a batch may run, how fast, and in what share. */
@NullMarked
package org.batchengine.limit;

import org.jspecify.annotations.NullMarked;
