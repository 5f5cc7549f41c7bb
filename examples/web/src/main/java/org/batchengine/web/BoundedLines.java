package org.batchengine.web;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Refuses a body with a line so long that it must not be held in memory. */
final class BoundedLines extends FilterInputStream {
  /** An item of 1 MiB, with each character escaped, is shorter. */
  private static final int MOST = 8 << 20;

  private long line = 1;
  private int length;

  BoundedLines(InputStream in) {
    super(in);
  }

  @Override
  public int read() throws IOException {
    int read = in.read();
    if (read >= 0) {
      count((byte) read);
    }
    return read;
  }

  @Override
  public int read(byte[] bytes, int from, int most) throws IOException {
    int read = in.read(bytes, from, most);
    for (int i = from; i < from + read; i++) {
      count(bytes[i]);
    }
    return read;
  }

  private void count(byte read) {
    if (read == '\n') {
      line++;
      length = 0;
    } else if (++length > MOST) {
      throw new Problem(413, "Too large", "line " + line + " has more than " + MOST + " bytes");
    }
  }
}
