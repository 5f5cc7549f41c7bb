package org.batchengine.examples.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.batchengine.examples.quickstart.Audit;
import org.batchengine.examples.quickstart.Findings;
import org.batchengine.examples.quickstart.Findings.Checksum;
import org.batchengine.web.Field;
import org.batchengine.web.Operation;
import org.batchengine.web.Values;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Audits the jars and poms below a folder. An item is a path relative to that folder. */
final class Audits {
  private static final Logger log = LoggerFactory.getLogger(Audits.class);
  private static final JobType<String, Findings> AUDIT =
      JobType.of("audit", String.class, Findings.class);

  private final Path root;

  private Audits(Path root) {
    this.root = root;
  }

  /**
   * Returns what audits the files below a folder.
   *
   * @param root an existing folder; nothing outside of it is read
   */
  static Offer<String> below(Path root, JobOptions options) throws IOException {
    Audits audits = new Audits(root.toRealPath());
    return new Offer<>(Registration.of(AUDIT, audits::audit).with(options), audits.operation());
  }

  private Operation<String> operation() {
    return Operation.of(AUDIT)
        .label("Audit a Maven repository")
        .description("Reads every jar and pom below a folder, and compares them with their SHA-1.")
        .field(
            Field.folder("folder")
                .below(root)
                .description("A folder below " + root + ", which is the default."))
        .field(Field.whole("limit").between(1, 1_000_000).description("The most files; else all."))
        .items((filters, visitor) -> files(filters))
        .key(path -> path);
  }

  private Stream<String> files(Values filters) {
    Path folder = filters.has("folder") ? filters.path("folder") : root;
    Path prefix = root.relativize(folder);
    Stream<String> files =
        Audit.files(folder, log::warn).map(path -> prefix.resolve(path).toString());
    return filters.has("limit") ? files.limit(filters.whole("limit")) : files;
  }

  private Findings audit(String path, ItemContext context) throws IOException {
    if (!isAllowed(path)) {
      // The items of a request may name anything.
      return context.giveUp("NOT_ALLOWED", "this is no jar or pom below the folder of audits");
    }
    Findings findings = Audit.audit(root, path, context);
    context.quality(quality(findings));
    return findings;
  }

  private boolean isAllowed(String path) throws IOException {
    try {
      Path file = root.resolve(path);
      return file.startsWith(root)
          && file.equals(file.normalize())
          && (path.endsWith(".jar") || path.endsWith(".pom"))
          && (!Files.exists(file) || file.toRealPath().startsWith(root));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** The share of checks that a file has passed; that it can be read is one of them. */
  private static double quality(Findings findings) {
    boolean isCompared = findings.sha1() == Checksum.MATCHED;
    boolean isPlain =
        findings.jar() != null
            ? findings.jar().oddities() == 0
            : findings.pom() != null && !findings.pom().coordinates().contains("?");
    return (1.0 + (isCompared ? 1 : 0) + (isPlain ? 1 : 0)) / 3;
  }
}
