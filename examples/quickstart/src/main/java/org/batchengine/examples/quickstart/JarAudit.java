package org.batchengine.examples.quickstart;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.batchengine.examples.quickstart.BadFileException.Code;

/**
 * Unpacks every entry of a jar. Like class loaders, it uses the directory at the end of the file,
 * so it also reads a jar with something in front, such as an executable jar.
 */
final class JarAudit {
  private static final int CLASS_MAGIC = 0xCAFEBABE;
  private static final int CLASS_HEAD_BYTES = 8;

  private JarAudit() {}

  static Findings.Jar audit(Path file) throws IOException, BadFileException {
    try (ZipFile zip = open(file)) {
      int classes = 0;
      int oddities = 0;
      int highest = 0;
      // Each entry is read before the next is requested: only then are two with the same name both
      // read.
      for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
        ZipEntry entry = all.nextElement();
        byte[] head = read(zip, entry);
        if (entry.getName().endsWith(".class")) {
          int version = classVersion(head);
          classes += version > 0 ? 1 : 0;
          oddities += version > 0 ? 0 : 1;
          highest = Math.max(highest, version);
        }
      }
      return new Findings.Jar(zip.size(), classes, oddities, highest);
    }
  }

  private static ZipFile open(Path file) throws IOException, BadFileException {
    try {
      return new ZipFile(file.toFile());
    } catch (ZipException e) {
      throw new BadFileException(
          Code.NOT_A_ZIP,
          "\"%s\" cannot be opened: %s".formatted(file.getFileName(), e.getMessage()));
    }
  }

  /** Reads an entry to its end, because ZipFile does not check CRCs. Returns its first bytes. */
  private static byte[] read(ZipFile zip, ZipEntry entry) throws IOException, BadFileException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("Stopped before " + entry.getName());
    }
    CRC32 crc = new CRC32();
    byte[] head;
    long size;
    try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), crc)) {
      head = in.readNBytes(CLASS_HEAD_BYTES);
      size = head.length + in.transferTo(OutputStream.nullOutputStream());
    } catch (ZipException | EOFException e) {
      throw new BadFileException(
          Code.BAD_ENTRY,
          "\"%s\" cannot be unpacked from \"%s\": %s"
              .formatted(entry.getName(), name(zip), e.getMessage()));
    }
    if (crc.getValue() != entry.getCrc() || size != entry.getSize()) {
      throw new BadFileException(
          Code.CRC_MISMATCH,
          "\"%s\" in \"%s\" should have CRC 0x%08x and %d bytes, but has 0x%08x and %d"
              .formatted(
                  entry.getName(),
                  name(zip),
                  entry.getCrc(),
                  entry.getSize(),
                  crc.getValue(),
                  size));
    }
    return head;
  }

  private static Path name(ZipFile zip) {
    return Path.of(zip.getName()).getFileName();
  }

  /** Returns a class file's major version; 0 if this is not a class file. */
  private static int classVersion(byte[] head) {
    ByteBuffer bytes = ByteBuffer.wrap(head);
    boolean isClass = head.length == CLASS_HEAD_BYTES && bytes.getInt() == CLASS_MAGIC;
    return isClass ? Short.toUnsignedInt(bytes.getShort(6)) : 0;
  }
}
