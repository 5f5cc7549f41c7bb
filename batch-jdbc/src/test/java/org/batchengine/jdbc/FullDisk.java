package org.batchengine.jdbc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A disk for files of H2, which has no room now and then: {@code jdbc:h2:full:async:…}. What makes
 * a file longer fails then, as the system has it. Public, for H2 makes one for each path.
 */
public final class FullDisk extends FilePathWrapper {
  private static volatile boolean isFull;

  static {
    FilePath.register(new FullDisk());
  }

  /** From now on there is no room, or there is again. */
  static void setFull(boolean full) {
    isFull = full;
  }

  @Override
  public String getScheme() {
    return "full";
  }

  @Override
  public FileChannel open(String mode) throws IOException {
    return new OnDisk(super.open(mode));
  }

  private static final class OnDisk extends FileBaseDefault {
    private final FileChannel file;

    OnDisk(FileChannel file) {
      this.file = file;
    }

    @Override
    public synchronized int write(ByteBuffer source, long position) throws IOException {
      if (isFull && position + source.remaining() > file.size()) {
        throw new IOException("No space left on device");
      }
      return file.write(source, position);
    }

    @Override
    public synchronized int read(ByteBuffer target, long position) throws IOException {
      return file.read(target, position);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void force(boolean metaData) throws IOException {
      file.force(metaData);
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
      return file.tryLock(position, size, shared);
    }

    @Override
    protected void implTruncate(long size) throws IOException {
      file.truncate(size);
    }

    @Override
    protected void implCloseChannel() throws IOException {
      file.close();
    }
  }
}
