package org.batchengine.jdbc.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which texts host code may run in a transaction of the engine: each statement counts. */
class HostCodeTextsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "commit",
        ";;commit",
        "/* a /* nested */ comment */ commit",
        "insert into a values (1); commit",
        "select 'it''s; fine'; rollback",
        "select \"a;b\"; rollback work",
        "select 1 -- it's\n; commit and chain",
        "prepare transaction 'x'",
        "commit prepared 'x'",
        "begin; end",
        "select E'\\'; select '; abort; --'",
        "select $a$ $b$ '; $a$; abort",
        "do $$ begin update a set b = 1; commit; end $$",
        "do $$ begin if true then rollback; end if; end $$ language plpgsql",
        "do 'begin null; set search_path = x; end'",
        "do 'begin commit; end'"
      })
  @DisplayName("FAULT-P9 PostgreSQL: a statement that ends the transaction, wherever it is")
  void endsOnPostgres(String sql) {
    assertThat(PostgresHostCode.refusal(sql)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "set role x",
        "set session role x",
        "set search_path = x",
        "set local session authorization x",
        "reset all",
        "discard all",
        "listen news",
        "prepare later as select 1",
        "declare c cursor with hold for select 1",
        "create temp table x (id int)",
        "select * into temporary x from y",
        "select pg_try_advisory_lock(1)",
        "select set_config('role', 'x', false)",
        "select set_config(?, 'x', true)",
        "select set_config('a.b', 'x', true), set_config('role', 'x', ?)"
      })
  @DisplayName("FAULT-P9 PostgreSQL: what would outlive the item")
  void outlivesOnPostgres(String sql) {
    assertThat(PostgresHostCode.refusal(sql)).get().asString().contains("would outlive the item");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ; ",
        "insert into a values ('; commit')",
        "select 1 as \"x; commit; \"",
        "select E'\\'; commit; --'",
        "select $$; commit; $$, $a$ $$; commit $a$",
        "-- commit;\nselect 1",
        "/* ; commit; */ update a set b = 1",
        "select a$b$, 'c' from x$b$; select 1",
        "savepoint a; rollback to a; rollback to savepoint a; release a",
        "rollback work to savepoint a",
        "set local role x; set constraints all deferred; set transaction read only",
        "select set_config('a.b', coalesce(?, ''), true)",
        "create temp table x (id int) on commit drop",
        "select pg_advisory_xact_lock(1)",
        "do $$ begin update a set b = 1; if a then null; end if; end $$",
        "create function f() returns void language plpgsql as 'begin commit; end'",
        "select end_at, commit_at from a where ends = 1"
      })
  void allowedOnPostgres(String sql) {
    assertThat(PostgresHostCode.refusal(sql)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "set local role x | role",
        "select 1; SET LOCAL Search_Path to a, b | search_path",
        "set local schema 'a' | search_path",
        "set local time zone 'UTC' | timezone",
        "select set_config('App.Tenant', ?, true) | app.tenant",
        "do 'begin set local role x; end' | role"
      })
  void settingsOnPostgres(String sql, String setting) {
    assertThat(PostgresHostCode.settingsOf(sql)).isEqualTo(List.of(setting));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "commit",
        "// a comment\ncommit",
        "insert into a values (1); commit",
        "select 'it''s'; rollback",
        "select `a;b`; shutdown",
        "select $$ ' $$; commit",
        "create table a (id int)",
        "execute immediate 'commit'",
        "runscript from 'x'",
        "set autocommit true"
      })
  @DisplayName("FAULT-P9 H2: a statement that ends the transaction, wherever it is")
  void endsOnH2(String sql) {
    assertThat(H2HostCode.refusal(sql)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"set schema x", "set lock_timeout 1", "select 1; set @a = 1", "use x"})
  @DisplayName("FAULT-P9 H2: what would outlive the item")
  void outlivesOnH2(String sql) {
    assertThat(H2HostCode.refusal(sql)).get().asString().contains("would outlive the item");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "insert into a values ('; commit')",
        "merge into a key (id) values (1)",
        "with b as (select 1) select * from b",
        "(select 1) union (select 2)",
        "{call f(?)}",
        "? = call f(1)",
        "call f(1)",
        "savepoint a; rollback to savepoint a; release savepoint a",
        "select $$; commit; $$",
        "explain select 1"
      })
  void allowedOnH2(String sql) {
    assertThat(H2HostCode.refusal(sql)).isEmpty();
  }
}
