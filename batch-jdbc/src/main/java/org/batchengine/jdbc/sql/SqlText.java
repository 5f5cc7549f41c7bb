package org.batchengine.jdbc.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A statement as a database reads it: in lower case, without comments, with a single blank between
 * words. In place of each literal stands its number in quotes, so that no word is found in a value.
 *
 * @param words what is left of the statement
 * @param literals the texts of its literals, by their numbers
 */
public record SqlText(String words, List<String> literals) {

  /** In what the databases read texts differently. */
  public enum Reading {
    /** Has comments that begin with two slashes, and names in backticks. */
    H2,
    /** Has literals with escapes, and literals whose quotes have a tag. */
    POSTGRESQL
  }

  /** The statements of a text, in order, without those that are empty. */
  public static List<SqlText> statements(String sql, Reading reading) {
    return new Scan(sql, reading).statements();
  }

  /** Its first words, to name it in a message. */
  public String name() {
    String[] first = words.split(" ", 3);
    return first.length < 2 ? first[0] : first[0] + " " + first[1];
  }

  private static final class Scan {
    private static final Pattern TAG = Pattern.compile("\\$(?:[\\p{L}_][\\p{L}\\p{N}_]*)?\\$");

    private final String sql;
    private final boolean isPostgres;
    private final List<SqlText> statements = new ArrayList<>();
    private StringBuilder words = new StringBuilder();
    private List<String> literals = new ArrayList<>();
    private int at;

    Scan(String sql, Reading reading) {
      this.sql = sql;
      isPostgres = reading == Reading.POSTGRESQL;
    }

    List<SqlText> statements() {
      while (at < sql.length()) {
        next();
      }
      end();
      return statements;
    }

    private void next() {
      char c = sql.charAt(at);
      if (sql.startsWith("--", at) || (!isPostgres && sql.startsWith("//", at))) {
        int newline = sql.indexOf('\n', at);
        at = newline < 0 ? sql.length() : newline;
      } else if (sql.startsWith("/*", at)) {
        comment();
      } else if (c == '\'') {
        literal(quoted(c, isPostgres && hasEscapes()));
      } else if (c == '"' || (c == '`' && !isPostgres)) {
        words.append('"').append(quoted(c, false)).append('"');
      } else if (c == '$' && !tag().isEmpty()) {
        taggedLiteral(tag());
      } else if (c == ';') {
        at++;
        end();
      } else if (Character.isWhitespace(c)) {
        at++;
        blank();
      } else {
        at++;
        words.append(Character.toLowerCase(c));
      }
    }

    private void end() {
      String all = words.toString().strip();
      if (!all.isEmpty()) {
        statements.add(new SqlText(all, List.copyOf(literals)));
      }
      words = new StringBuilder();
      literals = new ArrayList<>();
    }

    private void blank() {
      if (!words.isEmpty() && words.charAt(words.length() - 1) != ' ') {
        words.append(' ');
      }
    }

    /** Comments are nested. */
    private void comment() {
      int depth = 0;
      do {
        if (sql.startsWith("/*", at)) {
          depth++;
          at += 2;
        } else if (sql.startsWith("*/", at)) {
          depth--;
          at += 2;
        } else {
          at++;
        }
      } while (depth > 0 && at < sql.length());
      blank();
    }

    private void literal(String text) {
      words.append('\'').append(literals.size()).append('\'');
      literals.add(text);
    }

    /** Whether the literal that begins here is one like E'\n'. */
    private boolean hasEscapes() {
      return follows("[eE]") && (at < 2 || !matches(at - 2, "[\\p{L}\\p{N}_$]"));
    }

    private boolean follows(String kind) {
      return at > 0 && matches(at - 1, kind);
    }

    private boolean matches(int position, String kind) {
      return sql.substring(position, position + 1).matches(kind);
    }

    private String quoted(char quote, boolean escapes) {
      StringBuilder text = new StringBuilder();
      at++;
      while (at < sql.length()) {
        char c = sql.charAt(at++);
        boolean isDoubled = c == quote && at < sql.length() && sql.charAt(at) == quote;
        if (c == quote && !isDoubled) {
          break;
        }
        if ((isDoubled || (escapes && c == '\\')) && at < sql.length()) {
          c = sql.charAt(at++);
        }
        text.append(c);
      }
      return text.toString();
    }

    /** The quote of a literal that begins here; empty if none does. */
    private String tag() {
      Matcher tag = TAG.matcher(sql).region(at, sql.length());
      boolean isOne = !follows("[\\p{L}\\p{N}_$]") && tag.lookingAt();
      return isOne && (isPostgres || tag.group().equals("$$")) ? tag.group() : "";
    }

    private void taggedLiteral(String quote) {
      int from = at + quote.length();
      int end = sql.indexOf(quote, from);
      literal(sql.substring(from, end < 0 ? sql.length() : end));
      at = end < 0 ? sql.length() : end + quote.length();
    }
  }

  @Override
  public String toString() {
    return "SqlText[" + name() + "]";
  }
}
