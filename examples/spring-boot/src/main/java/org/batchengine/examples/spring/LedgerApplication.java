package org.batchengine.examples.spring;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.math.BigDecimal;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import org.batchengine.Batches;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.batchengine.model.BatchId;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/**
 * Takes uploads of invoices as CSV, and books each row once.
 *
 * <pre>
 * curl -H 'Content-Type: text/csv' --data-binary @invoices.csv localhost:8080/batches
 * curl localhost:8080/batches/0190163d-8694-739b-aea5-966c26f8ad91
 * </pre>
 */
@SpringBootApplication
public class LedgerApplication {
  static final JobType<String, Void> BOOK = JobType.of("book", String.class, Void.class);

  /** Starts the application. */
  public static void main(String[] args) {
    SpringApplication.run(LedgerApplication.class, args);
  }

  /** Books a row in the transaction that ends its item. */
  @Bean
  Registration<String, Void> book(Ledger ledger, @Value("${ledger.pause:0ms}") Duration pause) {
    return Registration.transactional(
        BOOK,
        Connection.class,
        (row, connection, context) -> {
          Thread.sleep(pause.toMillis());
          ledger.book(row);
          return null;
        });
  }

  /** The application's own table. */
  @Component
  static class Ledger {
    private final JdbcTemplate jdbc;

    Ledger(JdbcTemplate jdbc) {
      this.jdbc = jdbc;
    }

    /** Books an invoice from a row such as {@code 4711,19.90}. */
    @Transactional
    public void book(String row) {
      String[] columns = row.split(",");
      jdbc.update(
          "insert into ledger (invoice, amount) values (?, ?)",
          columns[0],
          new BigDecimal(columns[1]));
    }

    /** How many invoices are booked, and their sum. */
    public Map<String, Object> total() {
      return jdbc.queryForMap(
          "select count(*) as invoices, coalesce(sum(amount), 0) as amount from ledger");
    }
  }

  /** What browsers and other programs call. */
  @RestController
  static class Uploads {
    private final Batches batches;
    private final Ledger ledger;

    Uploads(Batches batches, Ledger ledger) {
      this.batches = batches;
      this.ledger = ledger;
    }

    @PostMapping("/batches")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Map<String, String> upload(Reader csv) throws IOException {
      try (BufferedReader rows = new BufferedReader(csv)) {
        BatchId id = batches.submit(BOOK, rows.lines().skip(1)); // the first has the names
        return Map.of("id", id.toString());
      }
    }

    @GetMapping("/batches/{id}")
    Map<String, Object> status(@PathVariable String id) {
      return batches.status(BatchId.of(id)).toMap();
    }

    @GetMapping("/ledger")
    Map<String, Object> ledger() {
      return ledger.total();
    }
  }
}
