package org.batchengine.examples.quickstart;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.batchengine.examples.quickstart.BadFileException.Code;

/** Parses a pom. Reads nothing else, whatever the pom refers to. */
final class PomAudit {
  private static final int LARGEST_POM_BYTES = 16 << 20;

  private PomAudit() {}

  static Findings.Pom audit(Path file) throws IOException, BadFileException {
    Map<String, String> texts;
    try (InputStream in = Files.newInputStream(file)) {
      texts = parse(in.readNBytes(LARGEST_POM_BYTES));
    } catch (XMLStreamException e) {
      throw new BadFileException(
          Code.NOT_XML, "\"%s\" cannot be parsed: %s".formatted(file.getFileName(), oneLine(e)));
    }
    String artifact = texts.get("project/artifactId");
    if (artifact == null) {
      throw new BadFileException(
          Code.NOT_A_POM,
          "\"%s\" is XML, but has no project with an artifactId".formatted(file.getFileName()));
    }
    String group =
        texts.getOrDefault("project/groupId", texts.getOrDefault("project/parent/groupId", "?"));
    String version =
        texts.getOrDefault("project/version", texts.getOrDefault("project/parent/version", "?"));
    return new Findings.Pom(group + ":" + artifact + ":" + version);
  }

  /** Returns the first text of each element by path, down to the children of {@code parent}. */
  private static Map<String, String> parse(byte[] xml) throws XMLStreamException {
    Map<String, String> texts = new HashMap<>();
    Deque<String> path = new ArrayDeque<>();
    XMLStreamReader reader = factory().createXMLStreamReader(new ByteArrayInputStream(xml));
    while (reader.hasNext()) {
      switch (reader.next()) {
        case XMLStreamConstants.START_ELEMENT -> path.addLast(reader.getLocalName());
        case XMLStreamConstants.END_ELEMENT -> path.removeLast();
        case XMLStreamConstants.CHARACTERS -> {
          if (path.size() <= 3 && !reader.isWhiteSpace()) {
            texts.putIfAbsent(String.join("/", path), reader.getText().strip());
          }
        }
        default -> {}
      }
    }
    return texts;
  }

  private static String oneLine(XMLStreamException e) {
    return String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
  }

  private static XMLInputFactory factory() {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    // Old poms use HTML entities without declaring them, and Maven accepts that.
    factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
    return factory;
  }
}
