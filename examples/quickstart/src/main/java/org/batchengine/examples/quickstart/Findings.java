package org.batchengine.examples.quickstart;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/** What was found in one sound file: the output of an item, kept as JSON. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Findings(long bytes, String sha256, Checksum sha1, @Nullable Jar jar, @Nullable Pom pom) {

  /** How the file compares with the {@code .sha1} file beside it. One that differs has failed. */
  enum Checksum {
    MATCHED,
    ABSENT
  }

  /**
   * What is in a jar.
   *
   * @param oddities entries that are called {@code .class} and are no class files
   * @param classVersion the highest version of a class file, 61 for Java 17; 0 without classes
   */
  record Jar(int entries, int classes, int oddities, int classVersion) {}

  /**
   * What a pom says.
   *
   * @param coordinates {@code group:artifact:version}; the parent's group and version where it
   *     names none
   */
  record Pom(String coordinates) {}
}
