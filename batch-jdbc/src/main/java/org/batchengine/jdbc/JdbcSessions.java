package org.batchengine.jdbc;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.batchengine.store.SessionExpiry;

/** Opens and renews sessions. */
final class Sessions {
  /**
   * This process, and no other one on any machine: its start tells it from an earlier one with its
   * number. Not a random number, which differs where the class is loaded twice.
   */
  private static final String PROCESS =
      "%d@%s"
          .formatted(
              ProcessHandle.current().pid(),
              ProcessHandle.current()
                  .info()
                  .startInstant()
                  .map(Object::toString)
                  .orElseGet(() -> UUID.randomUUID().toString()));

  private final Transactions transactions;

  Sessions(Database database) {
    transactions = database.transactions();
  }

  long open(String host, Duration expiry) {
    return transactions.autoCommitInTurn(
        handle -> Daos.on(handle, SessionDao.class).insert(PROCESS, host, expiry));
  }

  boolean renew(long session, Duration expiry) {
    return transactions.autoCommitInTurn(
        handle -> Daos.on(handle, SessionDao.class).renew(session, expiry));
  }

  List<SessionExpiry> expired() {
    return transactions.autoCommit(handle -> Daos.on(handle, SessionDao.class).expired());
  }

  /** Sessions that other processes have opened. */
  List<Long> ofOthers() {
    return transactions.autoCommit(handle -> Daos.on(handle, SessionDao.class).notOf(PROCESS));
  }
}
