package org.batchengine.model;

/**
 * The only permitted subtype of {@link BatchEvent}. Code outside cannot name it, so every switch
 * over events needs a default.
 */
non-sealed interface KnownEvent extends BatchEvent {}
