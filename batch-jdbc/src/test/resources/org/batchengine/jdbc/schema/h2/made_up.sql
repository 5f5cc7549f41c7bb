-- Made up for a test of upgrades: what a version 2 could be.

alter table batch_job add column if not exists made_up varchar;

create index if not exists batch_job_made_up on batch_job (made_up);

insert into batch_schema (version, installed_at)
  select 2, current_timestamp where not exists (select 1 from batch_schema where version = 2);
