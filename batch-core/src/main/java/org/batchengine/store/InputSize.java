package org.batchengine.store;

/**
 * The size of an item's input.
 *
 * @param bytes in UTF-8
 */
public record InputSize(int index, int bytes) {}
