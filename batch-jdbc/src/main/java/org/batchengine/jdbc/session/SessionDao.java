package org.batchengine.jdbc.session;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.GetGeneratedKeys;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Live engines: how their sessions begin, last and end. */
interface SessionDao {

  @SqlUpdate(
      """
      insert into batch_session (process, host, expires_at)
      values (:process, :host, <now> + cast(:expiry as numeric(20, 6)) * interval '1' second)
      """)
  @GetGeneratedKeys("id")
  long insert(
      @Bind("process") String process, @Bind("host") String host, @Bind("expiry") Duration expiry);

  @SqlUpdate(
      """
      update batch_session
      set expires_at = <now> + cast(:expiry as numeric(20, 6)) * interval '1' second
      where id = :session
      """)
  boolean renew(@Bind("session") long session, @Bind("expiry") Duration expiry);

  /** Sessions of other processes. */
  @SqlQuery("select id from batch_session where process <> :process order by id")
  List<Long> notOf(@Bind("process") String process);

  /** Locks the session if its expiry is still this one and has passed, and nobody is using it. */
  @SqlQuery(
      """
      select id from batch_session
      where id = :session and expires_at = :expiry and expires_at < <now>
      for update skip locked
      """)
  Optional<Long> lockExpired(@Bind("session") long session, @Bind("expiry") Instant expiry);

  @SqlUpdate("delete from batch_session where id = :session")
  void delete(@Bind("session") long session);
}
