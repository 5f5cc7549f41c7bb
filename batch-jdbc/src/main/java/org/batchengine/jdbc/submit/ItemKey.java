package org.batchengine.jdbc.submit;

/** A key and the index of the item that has it. */
record ItemKey(String text, int index) {}
