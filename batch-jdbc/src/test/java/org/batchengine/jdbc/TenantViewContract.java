package org.batchengine.jdbc;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.OutputStream;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.batchengine.BatchChange;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.BatchSchedules;
import org.batchengine.BatchTemplates;
import org.batchengine.Batches;
import org.batchengine.CorrectedInputs;
import org.batchengine.FeedReader;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.ManualEngine;
import org.batchengine.Verdict;
import org.batchengine.feed.AuditQuery;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.jdbc.database.TableNames;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.RetryPolicy;
import org.batchengine.report.ExportFormat;
import org.batchengine.report.ExportQuery;
import org.batchengine.report.StatisticsQuery;
import org.batchengine.schedule.FireQuery;
import org.batchengine.schedule.Schedule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Every method of {@link Batches}, on the view of a tenant: the batches of others are to it as if
 * they did not exist.
 */
abstract class TenantViewContract {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);

  private static final Schedule THEIRS =
      Schedule.cron("theirs", "0 2 * * *", ZoneOffset.UTC).template("theirs");

  /** A call that names a batch. */
  private interface OnBatch {
    Object call(Batches view, BatchId id) throws Exception;
  }

  /** A call that names none: what it gives the tenant of the view must be the tenant's. */
  private interface OnTenant {
    void check(TenantViewContract test, Batches view) throws Exception;
  }

  private static final Map<String, OnBatch> ON_BATCH =
      Map.ofEntries(
          entry("find(BatchId)", Batches::find),
          entry("status(BatchId)", Batches::status),
          entry("await(BatchId)", Batches::await),
          entry("await(BatchId, Duration)", (view, id) -> view.await(id, Duration.ZERO)),
          entry("completion(BatchId)", (view, id) -> view.completion(id).join()),
          entry("items(BatchId, ItemQuery)", (view, id) -> view.items(id, ItemQuery.all()).items()),
          entry(
              "items(JobType, BatchId, ItemQuery)",
              (view, id) -> view.items(WORK, id, ItemQuery.all()).items()),
          entry("item(BatchId, String)", (view, id) -> view.item(id, "key 1")),
          entry("item(BatchId, int)", (view, id) -> view.item(id, 1)),
          entry("results(JobType, BatchId)", (view, id) -> view.results(WORK, id).toList()),
          entry("errors(BatchId, int)", (view, id) -> view.errors(id, 1)),
          entry("errorGroups(BatchId, int)", (view, id) -> view.errorGroups(id, 10)),
          entry("explain(BatchId)", Batches::explain),
          entry("reports().of(BatchId)", (view, id) -> view.reports().of(id)),
          entry(
              "reports().export(BatchId, ExportFormat, OutputStream)",
              (view, id) ->
                  view.reports().export(id, ExportFormat.csv(), OutputStream.nullOutputStream())),
          entry(
              "reports().export(BatchId, ExportQuery, ExportFormat, OutputStream)",
              (view, id) ->
                  view.reports()
                      .export(
                          id,
                          ExportQuery.all(),
                          ExportFormat.csv(),
                          OutputStream.nullOutputStream())),
          entry(
              "reports().compare(BatchId, BatchId)",
              (view, id) -> view.reports().compare(id, id).toMap()),
          entry(
              "reports().differences(BatchId, BatchId)",
              (view, id) -> view.reports().differences(id, id).toList()),
          entry("cancel(BatchId, String)", (view, id) -> view.cancel(id, "because")),
          entry(
              "cancel(BatchId, CancelMode, String)",
              (view, id) -> view.cancel(id, CancelMode.FORCED, "because")),
          entry("pause(BatchId, String)", (view, id) -> view.pause(id, "because")),
          entry("resume(BatchId, String)", (view, id) -> view.resume(id, "because")),
          entry(
              "change(BatchId, BatchChange, String)",
              (view, id) -> view.change(id, BatchChange.none().priority(9), "because")),
          entry("retryFailed(BatchId, String)", (view, id) -> view.retryFailed(id, "because")),
          entry(
              "retryFailed(BatchId, FailedItems, String)",
              (view, id) -> view.retryFailed(id, FailedItems.all(), "because")),
          entry(
              "retryFailed(BatchId, CorrectedInputs, String)",
              (view, id) ->
                  view.retryFailed(id, CorrectedInputs.of(WORK).at(1, "mine"), "because")),
          entry("inputs(BatchId, int)", (view, id) -> view.inputs(id, 1)),
          entry(
              "settle(JobType, BatchId, String, Verdict)",
              (view, id) -> view.settle(WORK, id, "key 1", Verdict.succeeded("mine"))),
          entry(
              "settle(JobType, BatchId, int, Verdict)",
              (view, id) -> view.settle(WORK, id, 1, Verdict.succeeded("mine"))),
          entry(
              "settle(JobType, String, Verdict)",
              (view, id) -> view.settle(WORK, id + "/1/1", Verdict.succeeded("mine"))),
          entry(
              "settleAll(JobType, BatchId, Map)",
              (view, id) -> view.settleAll(WORK, id, Map.of("key 1", Verdict.succeeded("mine")))),
          entry(
              "settleAll(JobType, Map)",
              (view, id) -> view.settleAll(WORK, Map.of(id + "/1/1", Verdict.succeeded("mine")))),
          entry("delete(BatchId)", Batches::delete));

  private static final Map<String, OnTenant> ON_TENANT =
      Map.ofEntries(
          entry(
              "submit(JobType, Iterable)",
              (test, view) -> test.isOther(view.submit(WORK, List.of("a")))),
          entry(
              "submit(JobType, Stream)",
              (test, view) -> test.isOther(view.submit(WORK, Stream.of("a")))),
          entry(
              "submit(BatchRequest)", (test, view) -> test.isOther(view.submit(test.likeTheirs()))),
          entry("submit(BatchRequest, HostTransaction)", TenantViewContract::submitsInTransaction),
          entry(
              "submitOnce(BatchRequest)",
              (test, view) -> test.isOther(view.submitOnce(test.likeTheirs()).id())),
          entry(
              "submitOnce(BatchRequest, HostTransaction)",
              TenantViewContract::submitsInTransaction),
          entry("history(HistoryQuery)", TenantViewContract::seesOwnHistory),
          entry(
              "deleteSubmittedBy(String)",
              (test, view) -> assertThat(view.deleteSubmittedBy("alice")).isZero()),
          entry(
              "purgePayloads(Duration)",
              (test, view) -> assertThat(view.purgePayloads(Duration.ZERO)).isZero()),
          entry("reports()", (test, view) -> assertThat(view.reports()).isNotNull()),
          entry("reports().statistics(StatisticsQuery)", TenantViewContract::countsItsOwn),
          entry(
              "limits()",
              (test, view) ->
                  assertThatIllegalStateException()
                      .isThrownBy(view::limits)
                      .withMessageContaining("has no limits to set")),
          entry("schedules()", (test, view) -> assertThat(view.schedules()).isNotNull()),
          entry("schedules().put(Schedule)", TenantViewContract::putsItsOwnSchedule),
          entry("schedules().list()", TenantViewContract::listsItsOwnSchedules),
          entry("schedules().find(String)", onTheirSchedule(BatchSchedules::find)),
          entry(
              "schedules().pause(String, String)",
              onTheirSchedule((schedules, name) -> schedules.pause(name, "because"))),
          entry(
              "schedules().resume(String, String)",
              onTheirSchedule((schedules, name) -> schedules.resume(name, "because"))),
          entry("schedules().remove(String)", onTheirSchedule(BatchSchedules::remove)),
          entry(
              "schedules().fireNow(String, String)",
              onTheirSchedule((schedules, name) -> schedules.fireNow(name, "because"))),
          entry(
              "schedules().fires(String, FireQuery)",
              onTheirSchedule((schedules, name) -> schedules.fires(name, FireQuery.all()))),
          entry("templates()", (test, view) -> assertThat(view.templates()).isNotNull()),
          entry("templates().put(String, BatchRequest)", TenantViewContract::putsItsOwnTemplate),
          entry("templates().list()", TenantViewContract::listsItsOwnTemplates),
          entry("templates().find(String)", onTheirTemplate(BatchTemplates::find)),
          entry("templates().remove(String)", onTheirTemplate(BatchTemplates::remove)),
          entry(
              "templates().request(String, JobType, Iterable)",
              onTheirTemplate((templates, name) -> templates.request(name, WORK, List.of("a")))),
          entry(
              "templates().request(String, JobType, Stream)",
              onTheirTemplate((templates, name) -> templates.request(name, WORK, Stream.of("a")))),
          entry("feed()", TenantViewContract::readsItsOwn),
          entry("audit()", TenantViewContract::auditsItsOwn),
          entry("actingAs(String)", (test, view) -> isNoWayToTheOthers(view.actingAs("mallory"))),
          entry("forTenant(String)", (test, view) -> isNoWayToTheOthers(view)));

  private HostDatabase host;
  private ManualEngine engine;

  abstract HostDatabase open();

  @BeforeEach
  void openHost() {
    host = open();
    engine =
        BatchEngine.builder(JdbcBatchStore.of(host.lostAnswers().dataSource()))
            .register(
                WORK,
                (input, context) -> {
                  if (context.index() == 1) {
                    throw new IllegalStateException("fails");
                  }
                  return input;
                },
                JobOptions.defaults().retry(RetryPolicy.none()))
            .manual();
  }

  @AfterEach
  void closeHost() {
    try (HostDatabase closing = host) {
      engine.close();
      assertThat(closing.violations()).isEmpty();
    }
  }

  @Test
  @DisplayName("REQ-M20 a method that is added to the API must be tested here")
  void areAllMethodsOfTheApi() {
    Set<String> covered = new HashSet<>(ON_BATCH.keySet());
    covered.addAll(ON_TENANT.keySet());

    assertThat(
            Stream.concat(
                Arrays.stream(Batches.class.getMethods()).map(TenantViewContract::signature),
                Stream.of("reports", "schedules", "templates")
                    .flatMap(TenantViewContract::signaturesOf)))
        .containsExactlyInAnyOrderElementsOf(covered);
  }

  private static Stream<String> signaturesOf(String room) {
    try {
      return Arrays.stream(Batches.class.getMethod(room).getReturnType().getMethods())
          .map(method -> room + "()." + signature(method));
    } catch (NoSuchMethodException e) {
      throw new AssertionError(e);
    }
  }

  private static String signature(Method method) {
    return Arrays.stream(method.getParameterTypes())
        .map(Class::getSimpleName)
        .collect(Collectors.joining(", ", method.getName() + "(", ")"));
  }

  @Test
  @DisplayName("FAULT-S4 REQ-M20 another tenant's batch is answered as one that does not exist")
  void cannotTellThatABatchExists() {
    List<BatchId> theirs = theirs();
    Batches view = engine.forTenant("other");
    BatchId unknown = BatchId.of("00000000-0000-7000-8000-000000000000");
    List<String> rows = rows();

    ON_BATCH.forEach(
        (method, call) -> {
          String answer = answer(call, view, unknown);
          for (BatchId id : theirs) {
            assertThat(answer(call, view, id)).as(method).isEqualTo(answer);
          }
        });
    assertThat(rows()).isEqualTo(rows);
  }

  @Test
  void saysThatThereIsNone() {
    BatchId theirs = ended();
    Batches view = engine.forTenant("other");

    ON_BATCH.forEach(
        (method, call) -> {
          if (method.startsWith("find")) {
            assertThat(answer(call, view, theirs)).isEqualTo("Optional.empty");
          } else if (method.startsWith("delete")) {
            assertThat(answer(call, view, theirs)).isEqualTo("false");
          } else {
            assertThat(answer(call, view, theirs))
                .as(method)
                .startsWith(BatchNotFoundException.class.getName());
          }
        });
  }

  @Test
  void hasEveryAnswerForTheRightTenant() {
    Batches view = engine.forTenant("acme");

    ON_BATCH.forEach(
        (method, call) ->
            assertThat(answer(call, view, method.startsWith("change(") ? submit() : ended()))
                .as(method)
                .doesNotContain("Exception:", "Optional.empty")
                .isNotEqualTo("false"));
  }

  @Test
  @DisplayName("FAULT-S4 REQ-M20 what names no batch reaches the tenant's own alone")
  void reachesItsOwnAlone() {
    theirs();
    engine.feed().end(); // any read gives positions to events of all
    Batches view = engine.forTenant("other");
    List<String> rows = rowsOf("acme");

    ON_TENANT.forEach(
        (method, call) -> {
          try {
            call.check(this, view);
          } catch (Exception e) {
            throw new AssertionError(method, e);
          }
          assertThat(rowsOf("acme")).as(method).isEqualTo(rows);
        });
  }

  @Test
  void refusesQueriesAndRequestsThatNameAnother() {
    Batches view = engine.forTenant("other");
    long batches = host.count("batch_job");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> view.history(HistoryQuery.all().tenant("acme")))
        .withMessageContaining("acme")
        .withMessageContaining("other");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> view.submit(BatchRequest.of(WORK, List.of("a")).tenant("acme")))
        .withMessageContaining("acme")
        .withMessageContaining("other");
    assertThat(host.count("batch_job")).isEqualTo(batches);
  }

  @Test
  @DisplayName("FAULT-S4 REQ-M12 REQ-M13 REQ-M20 exports and comparisons are of the tenant's own")
  void exportsAndComparesItsOwnAlone() {
    BatchId theirs = ended();
    Batches view = engine.forTenant("other");
    BatchId own = view.submit(WORK, List.of("a"));
    BatchId unknown = BatchId.of("00000000-0000-7000-8000-000000000000");
    Map<String, OnBatch> calls =
        Map.of(
            "export",
            (all, id) ->
                all.reports().export(id, ExportFormat.csv(), OutputStream.nullOutputStream()),
            "compare",
            (all, id) -> all.reports().compare(id, own),
            "compare the second",
            (all, id) -> all.reports().compare(own, id),
            "differences",
            (all, id) -> all.reports().differences(id, own).toList(),
            "differences of the second",
            (all, id) -> all.reports().differences(own, id).toList());

    calls.forEach(
        (method, call) -> {
          assertThat(answer(call, view, theirs))
              .as(method)
              .startsWith(BatchNotFoundException.class.getName())
              .isEqualTo(answer(call, view, unknown));
          assertThat(answer(call, view, own)).as(method).doesNotContain("Exception");
          assertThat(answer(call, engine, theirs)).as(method).doesNotContain("Exception");
        });
  }

  private static String answer(OnBatch call, Batches view, BatchId id) {
    String text;
    try {
      text = String.valueOf(call.call(view, id));
    } catch (CompletionException e) {
      text = String.valueOf(e.getCause());
    } catch (Exception e) {
      text = e.toString();
    }
    return text.replace(id.toString(), "ID");
  }

  /** The other tenant's batches, in all states that a batch can be left in. */
  private List<BatchId> theirs() {
    List<BatchId> ids = new ArrayList<>();
    ids.add(ended());
    BatchId cancelled = submit();
    engine.cancel(cancelled, "enough");
    engine.await(cancelled);
    ids.add(cancelled);
    BatchId paused = submit();
    engine.pause(paused, "lunch");
    ids.add(paused);
    BatchId stopping = submit();
    engine.cancel(stopping, "enough");
    ids.add(stopping);
    BatchId pending = engine.submit(theirRequest().idempotencyKey("theirs"));
    ids.add(pending);
    Batches view = engine.forTenant("acme");
    view.schedules().put(THEIRS);
    view.templates().put("theirs", BatchRequest.of(WORK, List.of("a")));
    assertThat(ids.stream().map(id -> engine.status(id).state()))
        .containsExactly(
            BatchState.COMPLETED,
            BatchState.CANCELLED,
            BatchState.PAUSED,
            BatchState.STOPPING,
            BatchState.PENDING);
    return ids;
  }

  private BatchId submit() {
    return engine.submit(theirRequest());
  }

  private BatchId ended() {
    BatchId id = submit();
    assertThat(engine.await(id).counts().failed()).isEqualTo(1);
    return id;
  }

  private static BatchRequest<String> theirRequest() {
    return BatchRequest.of(WORK, List.of("a", "b", "c"))
        .keyedBy(text -> "key " + (text.charAt(0) - 'a'))
        .tenant("acme")
        .submittedBy("alice");
  }

  private BatchRequest<String> likeTheirs() {
    return BatchRequest.of(WORK, List.of("a")).submittedBy("bob").idempotencyKey("theirs");
  }

  private void isOther(BatchId id) {
    assertThat(engine.status(id).tenant()).isEqualTo("other");
  }

  /** What another tenant's schedule is asked for is answered as if there was none. */
  private static OnTenant onTheirSchedule(BiFunction<BatchSchedules, String, Object> call) {
    return (test, view) -> {
      assertThat(answer(() -> call.apply(view.schedules(), "theirs")))
          .isEqualTo(answer(() -> call.apply(view.schedules(), "nobody's")));
      BatchSchedules theirs = test.engine.forTenant("acme").schedules();
      assertThat(theirs.find("theirs").orElseThrow().isPaused()).isFalse();
      assertThat(theirs.fires("theirs", FireQuery.all())).isEmpty();
    };
  }

  private static OnTenant onTheirTemplate(BiFunction<BatchTemplates, String, Object> call) {
    return (test, view) -> {
      assertThat(answer(() -> call.apply(view.templates(), "theirs")))
          .isEqualTo(answer(() -> call.apply(view.templates(), "nobody's")));
      assertThat(test.engine.forTenant("acme").templates().find("theirs")).isPresent();
    };
  }

  private static String answer(Supplier<Object> call) {
    try {
      return String.valueOf(call.get());
    } catch (IllegalArgumentException e) {
      return e.toString().replace("theirs", "nobody's");
    }
  }

  private void putsItsOwnSchedule(Batches view) {
    Schedule own = Schedule.every("theirs", Duration.ofHours(2));
    assertThat(view.schedules().put(own).schedule().tenant()).contains("other");
    assertThat(view.schedules().remove("theirs")).isTrue();
    assertThat(engine.forTenant("acme").schedules().find("theirs").orElseThrow().schedule())
        .isEqualTo(THEIRS.tenant("acme"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> view.schedules().put(own.tenant("acme")))
        .withMessageContaining("acme")
        .withMessageContaining("other");
  }

  private void listsItsOwnSchedules(Batches view) {
    assertThat(view.schedules().list()).isEmpty();
    assertThat(engine.schedules().list()).hasSize(1);
  }

  private void putsItsOwnTemplate(Batches view) {
    BatchRequest<String> own = BatchRequest.of(WORK, List.of("a", "b"));
    assertThat(view.templates().put("theirs", own).tenant()).isEqualTo("other");
    isOther(view.submit(view.templates().request("theirs", WORK, List.of("a"))));
    assertThat(view.templates().remove("theirs")).isTrue();
    assertThat(engine.forTenant("acme").templates().find("theirs").orElseThrow().items())
        .isEqualTo(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> view.templates().put("theirs", own.tenant("acme")))
        .withMessageContaining("acme")
        .withMessageContaining("other");
  }

  private void listsItsOwnTemplates(Batches view) {
    assertThat(view.templates().list()).isEmpty();
    assertThat(engine.templates().list()).hasSize(1);
  }

  private void submitsInTransaction(Batches view) throws Exception {
    try (Connection connection = host.connection()) {
      connection.setAutoCommit(false);
      BatchRequest<String> request = likeTheirs().idempotencyKey("in a transaction");
      BatchId id = view.submit(request, JdbcTransaction.of(connection));
      connection.commit();
      isOther(id);
    }
  }

  private void seesOwnHistory(Batches view) {
    BatchId own = view.submit(WORK, List.of("a"));
    for (HistoryQuery query :
        List.of(
            HistoryQuery.all(),
            HistoryQuery.all().submittedBy("alice"),
            HistoryQuery.all().idempotencyKey("theirs"),
            HistoryQuery.all().type("work"),
            HistoryQuery.all().state(BatchState.COMPLETED),
            HistoryQuery.all().offset(0))) {
      assertThat(view.history(query)).extracting(BatchJob::tenant).doesNotContain("acme");
    }
    assertThat(view.history(HistoryQuery.all())).extracting(BatchJob::id).contains(own);
    HistoryQuery fromTheirs =
        HistoryQuery.all()
            .limit(1)
            .after(engine.history(HistoryQuery.all().limit(1)).next().orElseThrow());
    assertThat(view.history(fromTheirs)).extracting(BatchJob::tenant).doesNotContain("acme");
  }

  private void countsItsOwn(Batches view) {
    view.submit(WORK, List.of("a"));
    StatisticsQuery all = StatisticsQuery.all().perHour(ZoneOffset.UTC);
    long own = view.history(HistoryQuery.all()).items().size();

    assertThat(view.reports().statistics(all).total()).isEqualTo(own);
    assertThat(view.reports().statistics(all.submittedBy("alice")).total()).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> view.reports().statistics(all.tenant("acme")))
        .withMessageContaining("acme")
        .withMessageContaining("other");
  }

  private void readsItsOwn(Batches view) {
    BatchId own = view.submit(WORK, List.of("a"));
    FeedReader theirs = engine.forTenant("acme").feed().reader("mail");
    theirs.advance(theirs.next(1));
    FeedReader reader = view.feed().reader("mail");
    for (FeedPage page : List.of(view.feed().read(0, 1_000), reader.next(1_000))) {
      assertThat(page.events()).extracting(FeedEvent::tenant).isNotEmpty().doesNotContain("acme");
      assertThat(page.events()).extracting(FeedEvent::batchId).contains(own);
    }
    assertThat(reader.advance(reader.next(1_000))).isTrue();
    assertThat(theirs.next(1).from()).isEqualTo(1);
  }

  private void auditsItsOwn(Batches view) {
    view.submit(WORK, List.of("a"));
    for (AuditQuery query :
        List.of(
            AuditQuery.all(), AuditQuery.all().actor("alice"), AuditQuery.all().oldestFirst())) {
      assertThat(view.audit().read(query)).extracting(FeedEvent::tenant).doesNotContain("acme");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> view.audit().read(AuditQuery.all().tenant("acme")));
  }

  private static void isNoWayToTheOthers(Batches view) {
    assertThatIllegalArgumentException().isThrownBy(() -> view.forTenant("acme"));
    assertThat(view.forTenant("other").history(HistoryQuery.all()))
        .extracting(BatchJob::tenant)
        .doesNotContain("acme");
  }

  /** Every row of every table. */
  private List<String> rows() {
    return TableNames.ALL.stream()
        .flatMap(table -> select("select * from " + table).stream().map(row -> table + row))
        .sorted()
        .toList();
  }

  /** Every row of the tenant's batches. */
  private List<String> rowsOf(String tenant) {
    String numbers = "(select batch_no from batch_job where tenant = '" + tenant + "')";
    Stream<String> byNumber =
        Stream.of(
            "batch_job",
            "batch_key",
            "batch_item_key",
            "batch_event",
            "batch_report",
            "batch_chunk",
            "batch_parked",
            "batch_progress");
    Stream<String> byItem = Stream.of("batch_item", "batch_outcome", "batch_error", "batch_input");
    return Stream.concat(
            byNumber.map(table -> "select * from " + table + " where batch_no in " + numbers),
            byItem.map(
                table -> "select * from " + table + " where item_id / 2147483648 in " + numbers))
        .flatMap(sql -> select(sql).stream())
        .sorted()
        .toList();
  }

  private List<String> select(String sql) {
    return host.jdbi()
        .withHandle(
            handle -> handle.createQuery(sql).mapToMap().stream().map(Object::toString).toList());
  }
}
