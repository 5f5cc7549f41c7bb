package org.batchengine.engine.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import org.batchengine.model.ImportException;

/** The characters of a file in UTF-8, without its byte order mark, and the line of each. */
final class FileText {
  static final int END = -1;

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /** What a missing quote would otherwise read into memory is the rest of the file. */
  private static final int MOST_CHARACTERS = 1 << 27;

  private final Reader reader;
  private final char[] buffer = new char[8_192];
  private int next;
  private int end;
  private long line = 1;
  private boolean isAfterReturn;

  FileText(InputStream in) {
    reader = new InputStreamReader(in, UTF_8.newDecoder()); // refuses what is not UTF-8
    if (peek() == BYTE_ORDER_MARK) {
      next++;
    }
  }

  /** The line of the next character, from 1. */
  long line() {
    return line;
  }

  int peek() {
    if (next == end) {
      fill();
    }
    return end < 0 ? END : buffer[next];
  }

  int read() {
    int c = peek();
    if (c != END) {
      next++;
      boolean endsLine = c == '\r' || (c == '\n' && !isAfterReturn);
      line += endsLine ? 1 : 0;
      isAfterReturn = c == '\r';
    }
    return c;
  }

  /** Reads the end of a line, of whichever kind, or of the file. */
  void readLineEnd() {
    if (read() == '\r' && peek() == '\n') {
      read();
    }
  }

  static boolean endsLine(int c) {
    return c == '\n' || c == '\r' || c == END;
  }

  /**
   * Appends the next character.
   *
   * @param began the line where the text began
   */
  void readInto(StringBuilder text, long began) {
    if (text.length() == MOST_CHARACTERS) {
      throw new ImportException(
          began,
          "a text that begins here has more than "
              + MOST_CHARACTERS
              + " characters; is a closing quote missing?",
          null);
    }
    text.append((char) read());
  }

  private void fill() {
    try {
      do {
        end = reader.read(buffer);
      } while (end == 0);
      next = end < 0 ? end : 0;
    } catch (CharacterCodingException e) {
      throw new ImportException(
          line, "what follows is not UTF-8; save the file in UTF-8 and read it again", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read line " + line, e);
    }
  }
}
