package org.batchengine.jdbc.sweep;

import java.util.List;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/** Finds job types that nobody works on. */
interface UnservedDao {

  /**
   * Types of chunks that are due, looked up one after the other: each is one look into the index,
   * however many chunks it has. Sequential batches have an index of their own.
   */
  @SqlQuery(
      """
      with recursive waiting (type) as (
        select cast(t.type as varchar) from (
          select c.type from batch_chunk c
          where c.session_id is null and not c.held and not c.sequential
          order by <ready> c.type fetch first 1 rows only) t
        union all
        select cast((select c.type from batch_chunk c
            where c.session_id is null and not c.held and not c.sequential and <after c.type, w.type>
            order by <ready> c.type fetch first 1 rows only) as varchar)
        from waiting w where w.type is not null)
      select u.type from (
        select w.type from waiting w
        where exists (select 1 from batch_chunk c
          where c.session_id is null and not c.held and not c.sequential
            and c.type = w.type and c.due_at <= <now>)
        union
        select j.type from batch_job j
        where j.sequential and j.state in ('PENDING', 'RUNNING')
          and exists (select 1 from batch_chunk c
            where c.batch_no = j.batch_no and c.session_id is null and c.due_at <= <now>)) u
      where not exists (select 1 from batch_session s
        join batch_renewal r on r.session_id = s.id
        where r.expires_at >= <now> and position(',' || u.type || ',' in s.types) > 0)
      order by u.type
      """)
  List<String> types();
}
