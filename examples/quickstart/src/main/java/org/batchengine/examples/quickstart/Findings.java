package org.batchengine.examples.quickstart;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/** What was found in a valid file: an item's output, stored as JSON. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Findings(
    long bytes, String sha256, Checksum sha1, @Nullable Jar jar, @Nullable Pom pom) {

  /**
   * How the file compares with the {@code .sha1} file next to it. If it differs, the item fails.
   */
  public enum Checksum {
    /** It says the same. */
    MATCHED,
    /** There is none. */
    ABSENT
  }

  /**
   * What is in a jar.
   *
   * @param oddities entries that are named {@code .class} but are not class files
   * @param classVersion the highest class file version, 61 for Java 17; 0 without classes
   */
  public record Jar(int entries, int classes, int oddities, int classVersion) {}

  /**
   * What a pom says.
   *
   * @param coordinates {@code group:artifact:version}; group and version are the parent's if it
   *     names none
   */
  public record Pom(String coordinates) {}
}
