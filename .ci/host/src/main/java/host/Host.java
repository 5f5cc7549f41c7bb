package host;

import java.util.List;
import org.batchengine.BatchEngine;
import org.batchengine.JobType;
import org.batchengine.jdbc.JdbcBatchStore;

/** Runs a batch. */
public final class Host {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);

  public static void main(String[] args) throws Exception {
    try (var engine =
        BatchEngine.builder(JdbcBatchStore.open("jdbc:h2:" + args[0]))
            .register(LENGTH, text -> text.length())
            .start()) {
      var id = engine.submit(LENGTH, List.of("one", "three", "fifteen"));
      System.out.println(engine.await(id).state());
    }
  }
}
