package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.batchengine.model.StoreException;
import org.batchengine.store.NewBatch;
import org.batchengine.store.Submitted;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A sequence that was set back, as by a restore, is told as that, with the SQL to mend it. */
@DisplayName("FAULT-L8 a sequence that was set back is told as what it is")
abstract class TakenNumberContract extends SteeredContract {
  private static final Pattern MEND = Pattern.compile("Set it right with: ([^;]+);");

  TakenNumberContract(Supplier<JdbcUnderTest> opener) {
    super(opener::get);
  }

  /** The column's next number is again its first. */
  abstract String setBack(String table, String column);

  private void execute(String sql) {
    ((JdbcUnderTest) under).jdbi().useHandle(handle -> handle.execute(sql));
  }

  /** The verb fails, tells of the sequence, and the SQL that it tells mends it. */
  private void isTold(String column, ThrowingCallable verb) {
    StoreException told = catchThrowableOfType(StoreException.class, verb);

    assertThat(told).hasMessageContaining("the sequence of " + column + " was set back");
    assertThat(told.isTransient()).isFalse();
    Matcher mend = MEND.matcher(told.getMessage());
    assertThat(mend.find()).isTrue();
    execute(mend.group(1));
  }

  private long submitSome() {
    return IntStream.range(0, 5).mapToLong(i -> submit(1)).max().orElseThrow();
  }

  @Test
  void ofBatches() {
    long last = submitSome();
    execute(setBack("batch_job", "batch_no"));
    NewBatch batch = NewBatches.any().build();
    isTold("batch_job.batch_no", () -> store.submitting().submit(batch, NewBatches.items(1)));

    assertThat(submit(batch, NewBatches.items(1))).isGreaterThan(last);
  }

  @Test
  void ofBatchesWithKeys() {
    long last = submitSome();
    execute(setBack("batch_job", "batch_no"));
    NewBatch batch = NewBatches.any().idempotencyKey("key").build();
    isTold("batch_job.batch_no", () -> store.submitting().begin(batch, session().id()));

    assertThat(submit(batch, NewBatches.items(1))).isGreaterThan(last);
    assertThat(store.submitting().submit(batch, NewBatches.items(1)))
        .isInstanceOf(Submitted.KeyTaken.class);
  }

  @Test
  void isNoMatterForAnIdThatIsTaken() {
    NewBatch batch = NewBatches.any().build();
    submit(batch, NewBatches.items(1));

    assertThat(store.submitting().submit(batch, NewBatches.items(1)))
        .isInstanceOf(Submitted.IdTaken.class);
  }

  @Test
  void ofSessions() {
    long last = IntStream.range(0, 5).mapToLong(i -> session().id()).max().orElseThrow();
    execute(setBack("batch_session", "id"));
    isTold("batch_session.id", this::session);

    assertThat(session().id()).isGreaterThan(last);
  }

  @Test
  void ofEvents() {
    long batch = submit(3);
    for (int i = 0; i < 3; i++) {
      pause(batch);
      resume(batch);
    }
    execute(setBack("batch_event", "id"));
    isTold("batch_event.id", () -> pause(batch));

    assertThat(pause(batch).changed()).isTrue();
  }
}
