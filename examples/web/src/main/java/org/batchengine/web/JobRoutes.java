package org.batchengine.web;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.Submission;
import org.batchengine.model.Violation;

/** The same under other names: jobs of a user, with items that came with them. */
final class JobRoutes {
  private final CreateRoutes creating;
  private final Shown shown;

  JobRoutes(CreateRoutes creating, Shown shown) {
    this.creating = creating;
    this.shown = shown;
  }

  List<Route> routes() {
    return List.of(
        Route.of("POST", "batch/jobs", "Creates a batch", this::create)
            .needs(Right.SUBMIT)
            .query(Field.text("user_id").between(1, 200))
            .body(
                Field.text("job_type").required().between(1, 100),
                Field.list("items", Field.any("").required()).required())
            .answers(201, job().toArray(Field[]::new))
            .answers(200, job().toArray(Field[]::new)),
        Route.of("GET", "batch/jobs/{id}", "A batch as it is", this::job)
            .needs(Right.READ)
            .answers(
                200,
                with(
                    job(),
                    Shapes.count("processed_items"),
                    Shapes.count("success_items"),
                    Shapes.count("failed_items"),
                    Field.decimal("progress_percent").between(0, 100).required(),
                    Field.object(
                        "result",
                        Shapes.count("total"),
                        Shapes.count("success"),
                        Shapes.count("failed"),
                        Shapes.number("success_rate"),
                        Shapes.number("success_rate_percent")))),
        Route.of("GET", "batch/jobs/{id}/items", "Items of a batch, in order", this::items)
            .needs(Right.READ)
            .query(Shapes.limit(1_000, 1_000), Shapes.after())
            .answers(200, new Route.Answer(List.of("application/json"), itemList())));
  }

  private static List<Field> job() {
    return List.of(
        Field.text("batch_job_id").required(),
        Field.text("status").required(),
        Shapes.count("total_items"));
  }

  private static Field[] with(List<Field> fields, Field... more) {
    List<Field> all = new ArrayList<>(fields);
    all.addAll(List.of(more));
    return all.toArray(Field[]::new);
  }

  private static Field itemList() {
    return Field.list(
        "",
        Field.object(
            "",
            Shapes.count("item_index"),
            Field.text("status").required(),
            Field.any("input_data"),
            Field.any("output_data"),
            Shapes.text("error_message")));
  }

  private void create(Exchange exchange) throws IOException {
    List<Violation> violations = new ArrayList<>();
    Values query = exchange.query(violations);
    Values body = exchange.body(violations);
    Exchange.refuse(violations);
    String owner = query.has("user_id") ? query.text("user_id") : exchange.visitor().name();
    if (!owner.equals(exchange.visitor().name()) && !exchange.visitor().has(Right.ADMIN)) {
      throw Problem.forbidden("user_id is somebody else: the right " + Right.ADMIN + " is needed");
    }
    Wanted<?> wanted = creating.wanted(body, "job_type", violations);
    Submission submission = creating.submit(exchange, wanted, owner);
    exchange.set("Location", exchange.address("batch/jobs/" + submission.id()));
    exchange.answer(
        submission.isNew() ? 201 : 200, job(exchange.batches().status(submission.id())));
  }

  private static Map<String, Object> job(BatchJob job) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("batch_job_id", job.id().toString());
    map.put("status", Names.of(job.state()));
    map.put("total_items", job.counts().total());
    return map;
  }

  private void job(Exchange exchange) throws IOException {
    exchange.query();
    BatchJob job = exchange.batches().status(exchange.id());
    Map<String, Object> map = job(job);
    map.put("processed_items", job.counts().processed());
    map.put("success_items", job.counts().succeeded());
    map.put("failed_items", job.counts().failed());
    map.put("progress_percent", Shown.percent(job));
    if (job.isTerminal()) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("total", job.counts().total());
      result.put("success", job.counts().succeeded());
      result.put("failed", job.counts().failed());
      result.put("success_rate", job.counts().successRate());
      result.put("success_rate_percent", 100 * job.counts().successRate());
      map.put("result", result);
    }
    exchange.answer(200, map);
  }

  private void items(Exchange exchange) throws IOException {
    Values given = exchange.query();
    ItemQuery query = ItemQuery.all().limit((int) given.whole("limit"));
    ItemQuery all = given.has("after") ? query.after(given.text("after")) : query;
    BatchPage<BatchItem<String, String>> page =
        Exchange.checked("after", () -> exchange.batches().items(exchange.id(), all));
    exchange.link(page.next());
    exchange.answerPlain(200, Shown.all(page.items(), item -> item(exchange, item)));
  }

  private Map<String, Object> item(Exchange exchange, BatchItem<String, String> item) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("item_index", item.index());
    map.put("status", Names.of(item.state()));
    shown
        .payloads(exchange.visitor(), item)
        .ifPresent(
            seen -> {
              Shown.text(seen, true).ifPresent(text -> map.put("input_data", Shown.json(text)));
              Shown.text(seen, false).ifPresent(text -> map.put("output_data", Shown.json(text)));
            });
    Shown.error(item).ifPresent(text -> map.put("error_message", text));
    return map;
  }
}
