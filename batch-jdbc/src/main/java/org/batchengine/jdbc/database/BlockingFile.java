package org.batchengine.jdbc.database;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * How H2 reads and writes its files, {@code jdbc:h2:blocking:…}: by calls that an interrupt neither
 * ends nor makes close the file. H2's own {@code async:} has that by handing each call to another
 * thread, which takes longer than the call. Public, for H2 makes one for each path.
 */
public final class BlockingFile extends FilePathWrapper {
  static final String SCHEME = "blocking";

  /** Makes the scheme known to H2; again is no error. */
  public static void register() {
    FilePath.register(new BlockingFile());
  }

  @Override
  public String getScheme() {
    return SCHEME;
  }

  @Override
  public FileChannel open(String mode) throws IOException {
    return new Blocking(new RandomAccessFile(getBase().toString(), mode));
  }

  private static final class Blocking extends FileBaseDefault {
    private final RandomAccessFile file;

    Blocking(RandomAccessFile file) {
      this.file = file;
    }

    @Override
    public synchronized int read(ByteBuffer target, long position) throws IOException {
      file.seek(position);
      if (target.hasArray()) {
        int read =
            file.read(target.array(), target.arrayOffset() + target.position(), target.remaining());
        target.position(target.position() + Math.max(0, read));
        return read;
      }
      byte[] bytes = new byte[target.remaining()];
      int read = file.read(bytes);
      target.put(bytes, 0, Math.max(0, read));
      return read;
    }

    @Override
    public synchronized int write(ByteBuffer source, long position) throws IOException {
      byte[] bytes = new byte[source.remaining()];
      source.get(bytes);
      file.seek(position);
      file.write(bytes);
      return bytes.length;
    }

    @Override
    public long size() throws IOException {
      return file.length();
    }

    /** Not by the channel, which an interrupt would close. */
    @Override
    public void force(boolean metaData) throws IOException {
      file.getFD().sync();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
      return file.getChannel().tryLock(position, size, shared);
    }

    @Override
    protected synchronized void implTruncate(long size) throws IOException {
      file.setLength(size);
    }

    @Override
    protected void implCloseChannel() throws IOException {
      file.close();
    }
  }
}
