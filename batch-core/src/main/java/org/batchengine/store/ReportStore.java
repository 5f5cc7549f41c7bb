package org.batchengine.store;

/** Reads what reports consist of. Every rule of {@link BatchStore} holds. */
public interface ReportStore {}
