package org.batchengine.engine.report;

import java.io.IOException;
import java.math.BigDecimal;
import java.util.Map;

/** Writes rows to a file, after its header. Does not close the stream that it writes to. */
interface RowWriter {

  /** Writes a row. Values are text, numbers and booleans by column; columns may have none. */
  void row(Map<String, Object> values) throws IOException;

  /** Writes what is left. */
  void finish() throws IOException;

  /** A number without an exponent. */
  static String plain(Number number) {
    return new BigDecimal(number.toString()).toPlainString();
  }
}
