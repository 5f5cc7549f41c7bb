package org.batchengine.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Makes jars and poms, sound and broken. */
final class Samples {
  private Samples() {}

  /** The bytes of a zip that grows by one entry a call. */
  static final class Jar {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final ZipOutputStream zip = new ZipOutputStream(bytes);

    Jar deflated(String name, byte[] content) {
      return entry(new ZipEntry(name), content);
    }

    Jar deflated(String name, String content) {
      return deflated(name, content.getBytes(UTF_8));
    }

    Jar stored(String name, String content) {
      ZipEntry entry = new ZipEntry(name);
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(content.getBytes(UTF_8).length);
      entry.setCrc(crc(content));
      return entry(entry, content.getBytes(UTF_8));
    }

    byte[] bytes() {
      try {
        zip.close();
        return bytes.toByteArray();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private Jar entry(ZipEntry entry, byte[] content) {
      try {
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
        return this;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The head of a class file, which is all that is looked at. */
  static byte[] classFile(int version) {
    return ByteBuffer.allocate(16)
        .putInt(0xCAFEBABE)
        .putShort((short) 0)
        .putShort((short) version)
        .array();
  }

  static long crc(String content) {
    CRC32 crc = new CRC32();
    crc.update(content.getBytes(UTF_8));
    return crc.getValue();
  }

  static String pom(String artifact) {
    return """
        <?xml version="1.0" encoding="UTF-8"?>
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <groupId>org.example</groupId>
          <artifactId>%s</artifactId>
          <version>1.0</version>
        </project>
        """
        .formatted(artifact);
  }

  /** Replaces the first place where {@code from} stands by as many bytes of {@code to}. */
  static byte[] patched(byte[] bytes, byte[] from, byte[] to) {
    int at = indexOf(bytes, from);
    byte[] patched = bytes.clone();
    System.arraycopy(to, 0, patched, at, to.length);
    return patched;
  }

  /** Gives the only entry another CRC in the zip's directory. */
  static byte[] withWrongCrc(byte[] zip) {
    byte[] patched = zip.clone();
    int directory = indexOf(zip, new byte[] {'P', 'K', 1, 2});
    ByteBuffer.wrap(patched).order(ByteOrder.LITTLE_ENDIAN).putInt(directory + 16, 0xDEADBEEF);
    return patched;
  }

  static Path write(Path file, byte[] content) throws IOException {
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  static Path write(Path file, String content) throws IOException {
    return write(file, content.getBytes(UTF_8));
  }

  private static int indexOf(byte[] bytes, byte[] sought) {
    for (int at = 0; at <= bytes.length - sought.length; at++) {
      if (ByteBuffer.wrap(bytes, at, sought.length).equals(ByteBuffer.wrap(sought))) {
        return at;
      }
    }
    throw new IllegalArgumentException("not found");
  }
}
