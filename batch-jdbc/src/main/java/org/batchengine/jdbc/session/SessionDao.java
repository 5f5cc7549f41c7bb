package org.batchengine.jdbc.session;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.GetGeneratedKeys;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/**
 * Live engines: how their sessions begin, last and end. A session is two rows, its own and that of
 * its renewal. Who locks both locks the renewal first.
 */
interface SessionDao {

  @SqlUpdate("insert into batch_session (process, host) values (:process, :host)")
  @GetGeneratedKeys("id")
  long insert(@Bind("process") String process, @Bind("host") String host);

  @SqlUpdate(
      """
      insert into batch_renewal (session_id, expires_at)
      values (:session, <now> + cast(:expiry as numeric(20, 6)) * interval '1' second)
      """)
  void insertRenewal(@Bind("session") long session, @Bind("expiry") Duration expiry);

  @SqlUpdate(
      """
      update batch_renewal
      set expires_at = <now> + cast(:expiry as numeric(20, 6)) * interval '1' second
      where session_id = :session
      """)
  boolean renew(@Bind("session") long session, @Bind("expiry") Duration expiry);

  /** The names of its job types, with a comma before and after each. */
  @SqlUpdate("update batch_session set types = :types where id = :session")
  void worksOn(@Bind("session") long session, @Bind("types") String types);

  /** Sessions of other processes. */
  @SqlQuery("select id from batch_session where process <> :process order by id")
  List<Long> notOf(@Bind("process") String process);

  /** Keeps the session from being renewed until the transaction is over. */
  @SqlQuery("select session_id from batch_renewal where session_id = :session for update <brief>")
  Optional<Long> lockRenewal(@Bind("session") long session);

  /** As {@link #lockRenewal}, if its expiry is still this one and has passed. */
  @SqlQuery(
      """
      select session_id from batch_renewal
      where session_id = :session and expires_at = :expiry and expires_at < <now>
      for update skip locked
      """)
  Optional<Long> lockExpired(@Bind("session") long session, @Bind("expiry") Instant expiry);

  /** Locks the session if nobody is using it. */
  @SqlQuery("select id from batch_session where id = :session for update skip locked")
  Optional<Long> lockUnused(@Bind("session") long session);

  @SqlUpdate("delete from batch_renewal where session_id = :session")
  void deleteRenewal(@Bind("session") long session);

  /** What it may begin of limits is free for others. */
  @SqlUpdate("delete from batch_permit where session_id = :session")
  void deletePermits(@Bind("session") long session);

  @SqlUpdate("delete from batch_session where id = :session")
  void delete(@Bind("session") long session);
}
