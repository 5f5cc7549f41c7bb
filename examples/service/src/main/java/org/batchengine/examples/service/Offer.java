package org.batchengine.examples.service;

import org.batchengine.Registration;
import org.batchengine.web.Operation;

/**
 * Something that the service does: how an item is processed, and how a batch is asked for.
 *
 * @param <I> type of an item's input
 */
record Offer<I>(Registration<I, ?> registration, Operation<I> operation) {}
