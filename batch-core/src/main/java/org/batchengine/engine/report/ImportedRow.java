package org.batchengine.engine.report;

import org.jspecify.annotations.Nullable;

/**
 * An item of a file.
 *
 * @param line where it begins, from 1
 * @param key its key, if it has one
 */
public record ImportedRow(long line, @Nullable String key, String input) {}
