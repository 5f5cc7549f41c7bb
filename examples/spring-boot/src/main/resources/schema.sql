create table if not exists ledger (invoice varchar(100) primary key, amount numeric(12, 2) not null);
