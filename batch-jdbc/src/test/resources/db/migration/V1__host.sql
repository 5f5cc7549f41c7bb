create table host_invoice (id int not null primary key);
