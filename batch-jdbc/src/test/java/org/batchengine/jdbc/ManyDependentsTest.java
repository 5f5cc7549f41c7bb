package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.batchengine.store.NewBatch;
import org.batchengine.store.WaitLook;
import org.batchengine.store.WaitScope;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How long it takes until 10,000 batches have begun that wait for one. */
@Tag("long")
@DisplayName("REQ-M17 ten thousand batches wait for one")
class ManyDependentsTest {
  private static final int DEPENDENTS = 10_000;
  private static final int MOST = 1_000; // as the engine changes with one look

  abstract static class Waiting extends StoreContract {
    Waiting(Supplier<StoreUnderTest> opener) {
      super(opener);
    }

    @Test
    void areReleased() {
      NewBatch first = NewBatches.any().build();
      long one = submit(first, NewBatches.items(1));
      for (int i = 0; i < DEPENDENTS; i++) {
        submit(NewBatches.any().type("later").after(first.id()).build(), NewBatches.items(1));
      }
      TestSession session = session();
      session.finish(session.claim(1));
      assertThat(completeIfDone(one)).isPresent();

      int released = 0;
      int looks = 0;
      long begun = System.nanoTime();
      WaitLook look;
      do {
        look = store.waiting().look(WaitScope.ended(List.of(first.id())), MOST);
        released += look.released();
        looks++;
      } while (look.isMore());
      System.out.printf(
          "%s: %,d batches began in %,d ms, with %d looks%n",
          getClass().getSimpleName(),
          released,
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun),
          looks);

      assertThat(released).isEqualTo(DEPENDENTS);
    }
  }

  @Nested
  class OnH2 extends Waiting {
    OnH2() {
      super(JdbcUnderTest::onH2);
    }
  }

  @Nested
  class OnPostgres extends Waiting {
    OnPostgres() {
      super(JdbcUnderTest::onPostgres);
    }
  }
}
