package org.batchengine.examples.spring;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.List;
import java.util.Map;
import org.batchengine.BatchRequest;
import org.batchengine.Batches;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.ErrorGroup;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

@RestController
@RequestMapping("/batches")
class BatchController {
  private final Batches batches;
  private final JdbcTemplate jdbc;

  BatchController(Batches batches, JdbcTemplate jdbc) {
    this.batches = batches;
    this.jdbc = jdbc;
  }

  /** The batch is committed with the row about its file, which refuses a name that was used. */
  @PostMapping
  @ResponseStatus(HttpStatus.ACCEPTED)
  @Transactional
  Map<String, String> upload(@RequestParam MultipartFile file) throws IOException {
    try (var csv = new BufferedReader(new InputStreamReader(file.getInputStream(), UTF_8))) {
      var rows = csv.lines().skip(1); // the first names the columns
      BatchId id = batches.submit(BatchRequest.of(LedgerApplication.BOOK, rows));
      jdbc.update("insert into upload values (?, ?)", file.getOriginalFilename(), id.toString());
      return Map.of("id", id.toString());
    }
  }

  @GetMapping("/{id}")
  BatchJob status(@PathVariable String id) {
    return batches.status(BatchId.of(id));
  }

  @GetMapping("/{id}/errors")
  List<ErrorGroup> errors(@PathVariable String id) {
    return batches.errorGroups(BatchId.of(id), 10);
  }

  @ExceptionHandler
  ProblemDetail usedBefore(DuplicateKeyException e) {
    return ProblemDetail.forStatusAndDetail(
        HttpStatus.CONFLICT, "a file of this name was uploaded before");
  }
}
