package org.batchengine.jdbc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.concurrent.atomic.AtomicInteger;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A disk for files of H2: {@code jdbc:h2:faulty:blocking:…}. Now and then it has no room: what
 * makes a file longer fails, as the system has it. Or nothing is written any more, as after a kill.
 * Public, for H2 makes one for each path.
 */
public final class FaultyDisk extends FilePathWrapper {
  private static final AtomicInteger writesLeft = new AtomicInteger(Integer.MAX_VALUE);
  private static volatile boolean isFull;

  static {
    FilePath.register(new FaultyDisk());
  }

  /** From now on there is no room, or there is again. */
  static void setFull(boolean full) {
    isFull = full;
  }

  /** After so many more writes there are none any more. */
  static void killAfter(int writes) {
    writesLeft.set(writes);
  }

  /** Writes go on. */
  static void restart() {
    writesLeft.set(Integer.MAX_VALUE);
  }

  static boolean isKilled() {
    return writesLeft.get() <= 0;
  }

  private static void refuseKilled() throws IOException {
    if (writesLeft.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
      throw new IOException("killed");
    }
  }

  @Override
  public String getScheme() {
    return "faulty";
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
      refuseKilled();
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
      refuseKilled();
      file.truncate(size);
    }

    @Override
    protected void implCloseChannel() throws IOException {
      file.close();
    }
  }
}
