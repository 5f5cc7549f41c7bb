/**
 * The values that hosts, engine and stores share: batches, items, counts, errors, queries, events
 * and exceptions. Nothing here does I/O, starts a thread or reads a clock, and nothing depends on
 * another package of the library.
 */
@NullMarked
package org.batchengine.model;

import org.jspecify.annotations.NullMarked;
