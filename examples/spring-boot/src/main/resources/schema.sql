create table if not exists ledger (invoice varchar(100) primary key, amount numeric(12, 2) not null);
create table if not exists upload (file varchar(200) primary key, batch varchar(36) not null);
