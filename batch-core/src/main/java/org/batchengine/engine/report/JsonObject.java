package org.batchengine.engine.report;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The members of a JSON object as texts: of a string what it says, of any other value its JSON. Of
 * values that are objects or arrays it checks brackets and strings only; whoever decodes them
 * checks the rest. No message quotes the JSON.
 */
final class JsonObject {
  private static final Pattern SCALAR =
      Pattern.compile("true|false|-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?");

  private final String json;
  private int at;

  JsonObject(String json) {
    this.json = json;
  }

  /**
   * The members but those that are null.
   *
   * @throws IllegalArgumentException if it is not one JSON object
   */
  Map<String, String> members() {
    Map<String, String> members = new LinkedHashMap<>();
    expect('{');
    if (!skip('}')) {
      do {
        blank();
        String name = string();
        expect(':');
        String value = value();
        boolean isNull = value.equals("null") && json.startsWith("null", at - 4);
        if (!isNull && members.put(name, value) != null) {
          throw wrong("a member is given twice");
        }
      } while (skip(','));
      expect('}');
    }
    blank();
    if (at < json.length()) {
      throw wrong("something follows the object");
    }
    return members;
  }

  private String value() {
    blank();
    int began = at;
    char c = peek();
    if (c == '"') {
      return string();
    } else if (c == '{' || c == '[') {
      skipNested();
      return json.substring(began, at);
    }
    while (at < json.length() && ",}] \t".indexOf(json.charAt(at)) < 0) {
      at++;
    }
    String scalar = json.substring(began, at);
    if (!scalar.equals("null") && !SCALAR.matcher(scalar).matches()) {
      at = began;
      throw wrong("a value is missing or malformed");
    }
    return scalar;
  }

  /** Without recursion, which deep JSON would make too deep. */
  private void skipNested() {
    StringBuilder open = new StringBuilder();
    do {
      char c = peek();
      if (c == '"') {
        string();
        continue;
      }
      at++;
      if (c == '{' || c == '[') {
        open.append(c == '{' ? '}' : ']');
      } else if (c == '}' || c == ']') {
        if (open.charAt(open.length() - 1) != c) {
          throw wrong("a bracket is closed that is not open");
        }
        open.setLength(open.length() - 1);
      }
    } while (!open.isEmpty());
  }

  private String string() {
    if (peek() != '"') {
      throw wrong("a string is missing");
    }
    at++;
    StringBuilder text = new StringBuilder();
    for (char c = peek(); c != '"'; c = peek()) {
      at++;
      if (c == '\\') {
        text.append(escaped());
      } else if (c < ' ') {
        throw wrong("a string contains a control character");
      } else {
        text.append(c);
      }
    }
    at++;
    return text.toString();
  }

  private char escaped() {
    char c = peek();
    at++;
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> codeUnit();
      default -> throw wrong("a string has an unknown escape");
    };
  }

  private char codeUnit() {
    int unit = 0;
    for (int i = 0; i < 4; i++) {
      int digit = Character.digit(peek(), 16);
      if (digit < 0) {
        throw wrong("an escape \\u lacks four hexadecimal digits");
      }
      unit = unit * 16 + digit;
      at++;
    }
    return (char) unit;
  }

  private void expect(char c) {
    if (!skip(c)) {
      throw wrong("'" + c + "' is missing");
    }
  }

  private boolean skip(char c) {
    blank();
    boolean isNext = at < json.length() && json.charAt(at) == c;
    at += isNext ? 1 : 0;
    return isNext;
  }

  private void blank() {
    while (at < json.length() && (json.charAt(at) == ' ' || json.charAt(at) == '\t')) {
      at++;
    }
  }

  private char peek() {
    if (at == json.length()) {
      throw wrong("the line ends too early");
    }
    return json.charAt(at);
  }

  private IllegalArgumentException wrong(String problem) {
    return new IllegalArgumentException(problem + " at character " + (at + 1));
  }
}
