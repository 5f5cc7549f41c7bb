create table ledger (invoice varchar(100) primary key);
