package org.batchengine.engine.report;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

/** Writes workbooks with small sheets. */
public final class ExcelSheets {
  private ExcelSheets() {}

  /** Writes the numbers from 0 on. */
  public static void write(OutputStream out, int rowsOfASheet, int numbers) throws IOException {
    ExcelWriter writer = new ExcelWriter(List.of("number"), out, rowsOfASheet);
    for (int number = 0; number < numbers; number++) {
      writer.row(Map.of("number", number));
    }
    writer.finish();
  }
}
