package org.batchengine.schedule;

import java.util.BitSet;
import java.util.Locale;

/**
 * A field of a cron expression.
 *
 * @param values those that it has
 * @param isGiven whether it is anything else than {@code *} or {@code ?}
 * @param isEvery whether it is {@code *}, or steps through all of it
 */
record CronField(BitSet values, boolean isGiven, boolean isEvery) {

  /** What the values of a field are. */
  enum Kind {
    SECOND(0, 59, ""),
    MINUTE(0, 59, ""),
    HOUR(0, 23, ""),
    DAY(1, 31, ""),
    MONTH(1, 12, " JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"),
    /** Sunday is 0, and 7 as well. */
    WEEKDAY(0, 7, " SUN MON TUE WED THU FRI SAT");

    private static final int NAME_LENGTH = 4; // with the blank before it

    private final int least;
    private final int most;
    private final String names;

    Kind(int least, int most, String names) {
      this.least = least;
      this.most = most;
      this.names = names;
    }

    /**
     * Reads a field: values, ranges and steps, separated by commas.
     *
     * @throws IllegalArgumentException if it is none; the message names it, and follows the
     *     expression
     */
    CronField parse(String text) {
      BitSet values = new BitSet();
      for (String part : text.split(",", -1)) {
        add(part, values);
      }
      if (this == WEEKDAY && values.get(7)) {
        values.set(0);
        values.clear(7);
      }
      boolean isAny = text.equals("*") || text.equals("?");
      return new CronField(values, !isAny, isAny || (text.startsWith("*/") && !text.contains(",")));
    }

    private void add(String part, BitSet values) {
      String[] halves = part.split("/", -1);
      String range = halves[0];
      boolean isAny = range.equals("*") || (range.equals("?") && (this == DAY || this == WEEKDAY));
      String[] ends = range.split("-", -1);
      if (halves.length > 2 || ends.length > 2) {
        throw wrong(part, "is none of a value, a range and a step");
      }
      int from = isAny ? least : value(ends[0], part);
      int to = from;
      if (isAny) {
        to = this == WEEKDAY ? 6 : most;
      } else if (ends.length > 1) {
        to = value(ends[1], part);
        to = this == WEEKDAY && to == 0 && from > 0 ? 7 : to;
      } else if (halves.length > 1) {
        to = most;
      }
      if (to < from) {
        throw wrong(part, "ends before it begins: write two ranges, with a comma");
      }
      int step = halves.length > 1 ? number(halves[1], part) : 1;
      if (step < 1) {
        throw wrong(part, "has a step below 1");
      }
      for (int value = from; value <= to; value += step) {
        values.set(value);
      }
    }

    private int value(String text, String part) {
      int name = text.length() == 3 ? names.indexOf(" " + text.toUpperCase(Locale.ROOT)) : -1;
      int value = name >= 0 ? name / NAME_LENGTH + least : number(text, part);
      if (value < least || value > most) {
        throw wrong(part, "is out of range: %d to %d".formatted(least, most));
      }
      return value;
    }

    private int number(String text, String part) {
      if (text.isEmpty()
          || text.length() > 4
          || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
        throw wrong(part, names.isEmpty() ? "is no number" : "is neither a number nor a name");
      }
      return Integer.parseInt(text);
    }

    private IllegalArgumentException wrong(String part, String how) {
      return new IllegalArgumentException(
          "the %s \"%s\" %s".formatted(name().toLowerCase(Locale.ROOT), part, how));
    }
  }

  boolean has(int value) {
    return values.get(value);
  }

  /** The first value from this one on; negative if there is none. */
  int from(int value) {
    return values.nextSetBit(value);
  }

  int first() {
    return values.nextSetBit(0);
  }
}
