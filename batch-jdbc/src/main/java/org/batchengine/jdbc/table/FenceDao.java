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

  /** As {@link #shareSoon}; what a claim should know. */
  @SqlQuery(
      """
      select (select count(*) from batch_session) as sessions,
        (select revision from batch_limit where limit_no = 0) as limits
      from batch_session where id = :session <lock_session> <brief>
      """)
  Optional<Cluster> shareAndLook(@Bind("session") long session);

  /**
   * All nodes together.
   *
   * @param sessions how many sessions there are
   * @param limits the last revision of limits
   */
  record Cluster(int sessions, long limits) {}

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
