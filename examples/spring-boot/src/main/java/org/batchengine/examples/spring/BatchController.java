package org.batchengine.examples.spring;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.List;
import java.util.Map;
import org.batchengine.Batches;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.ErrorGroup;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.*;
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

  @PostMapping(consumes = "multipart/form-data")
  @ResponseStatus(HttpStatus.ACCEPTED)
  @Transactional // a name that was used before leaves no batch behind
  Map<String, String> upload(@RequestParam MultipartFile file) throws IOException {
    try (var csv = new BufferedReader(new InputStreamReader(file.getInputStream(), UTF_8))) {
      BatchId id = batches.submit(LedgerApplication.BOOK, csv.lines().skip(1));
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
    return ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, "uploaded before");
  }
}
