package org.batchengine.jdbc.table;

import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/** Sessions as the fence round what they own: whoever writes for one asks here first. */
public interface FenceDao {

  /** How far the session has settled; empty if it is gone. */
  @SqlQuery("select settled from batch_session where id = :session")
  OptionalLong settled(@Bind("session") long session);

  /** As {@link #shareSoon}; how many sessions there are. */
  @SqlQuery(
      """
      select (select count(*) from batch_session) from batch_session
      where id = :session <lock_session> <brief>
      """)
  Optional<Integer> shareAndCount(@Bind("session") long session);

  /** Keeps the session from being ended until the transaction is over. Empty if it is gone. */
  @SqlQuery("select id from batch_session where id = :session <lock_session>")
  Optional<Long> share(@Bind("session") long session);

  /** As {@link #share}, for a thread of the engine: soon or not at all. */
  @SqlQuery("select id from batch_session where id = :session <lock_session> <brief>")
  Optional<Long> shareSoon(@Bind("session") long session);

  /** Keeps everybody else from the session until the transaction is over. */
  @SqlQuery("select id from batch_session where id = :session for update <brief>")
  Optional<Long> lock(@Bind("session") long session);
}
