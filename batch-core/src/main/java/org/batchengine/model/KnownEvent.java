package org.batchengine.model;

/**
 * The one permitted subtype of {@link BatchEvent}; nobody outside can name it, so every switch over
 * events has a default.
 */
non-sealed interface KnownEvent extends BatchEvent {}
