package org.batchengine;

/**
 * What a person wants to see of batches: reports, statistics, comparisons and exports. Of a {@link
 * Batches#forTenant view} it sees the batches of that tenant only. Thread-safe; changes nothing.
 */
public interface BatchReports {}
