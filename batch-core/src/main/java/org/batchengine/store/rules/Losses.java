package org.batchengine.store.rules;

/**
 * How often work may be lost: owned by a session that died. At the last loss a chunk falls apart
 * into suspects, a retry becomes a suspect, both with a new count; and a suspect fails with {@link
 * NodeCrash}.
 */
public final class Losses {
  /** How often something was lost whose next loss is the last. */
  public static final int BEFORE_LAST = 1;

  private Losses() {}

  /** Whether the next loss is the last of something that was lost so often before. */
  public static boolean isLast(int before) {
    return before >= BEFORE_LAST;
  }
}
