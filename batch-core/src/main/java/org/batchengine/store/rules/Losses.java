package org.batchengine.store.rules;

/**
 * How often work may be lost, that is, owned by a session that died. At its last loss, a chunk is
 * dissolved into suspects and a retry becomes a suspect, both with a new count; a suspect fails
 * with {@link NodeCrash}.
 */
public final class Losses {
  /** After this many losses, the next one is the last. */
  public static final int BEFORE_LAST = 1;

  private Losses() {}

  /** Whether the next loss is the last one after {@code before} losses. */
  public static boolean isLast(int before) {
    return before >= BEFORE_LAST;
  }
}
