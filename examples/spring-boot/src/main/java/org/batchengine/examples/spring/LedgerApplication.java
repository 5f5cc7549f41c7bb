package org.batchengine.examples.spring;

import java.math.BigDecimal;
import java.sql.Connection;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcTemplate;

/** Books the rows of uploaded CSV files in a table. */
@SpringBootApplication
public class LedgerApplication {
  static final JobType<String, Void> BOOK = JobType.of("book", String.class);

  /** Starts the application. */
  public static void main(String[] args) {
    SpringApplication.run(LedgerApplication.class, args);
  }

  /** Books a row such as {@code 4711,19.90} in the transaction that ends its item. */
  @Bean
  Registration<String, Void> book(JdbcTemplate jdbc) {
    return Registration.transactional(
        BOOK,
        Connection.class,
        (row, connection, item) -> {
          String[] columns = row.split(",", -1);
          jdbc.update(
              "insert into ledger (invoice, amount) values (?, ?)",
              columns[0],
              new BigDecimal(columns[1]));
          return null;
        });
  }
}
