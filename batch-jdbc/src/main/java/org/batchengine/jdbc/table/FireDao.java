package org.batchengine.jdbc.table;

import org.batchengine.store.OwnedFire;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** The fires of schedules that sessions have taken. */
public interface FireDao {

  /** The fire is SUBMITTED with this batch, if it is still the session's. */
  @SqlUpdate(
      """
      update batch_fire set state = 'SUBMITTED', session_id = null, retry_at = null,
        batch_id = (select id from batch_job where batch_no = :batch)
      where schedule_no = :schedule and fire_at = :at and state = 'DUE' and session_id = :session
      """)
  boolean submitted(@BindMethods OwnedFire fire, @Bind("batch") long batch);
}
