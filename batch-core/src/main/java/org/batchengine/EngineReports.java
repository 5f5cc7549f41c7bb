package org.batchengine;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import java.util.stream.Stream;
import org.batchengine.engine.report.Comparing;
import org.batchengine.engine.report.ItemExport;
import org.batchengine.engine.report.Reports;
import org.batchengine.engine.report.Statistics;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.report.BatchComparison;
import org.batchengine.report.BatchReport;
import org.batchengine.report.BatchStatistics;
import org.batchengine.report.ExportFormat;
import org.batchengine.report.ExportQuery;
import org.batchengine.report.ItemDifference;
import org.batchengine.report.StatisticsQuery;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.jspecify.annotations.Nullable;

/** Reads what a person wants to see. */
final class EngineReports implements BatchReports {
  private final BatchStore store;
  private final Reports reports;
  private final @Nullable String tenant;

  /**
   * On an open store.
   *
   * @param reports the engine's, which all views share
   * @param tenant the only tenant whose batches are seen; null: all tenants
   */
  EngineReports(BatchStore store, Reports reports, @Nullable String tenant) {
    this.store = store;
    this.reports = reports;
    this.tenant = tenant;
  }

  @Override
  public BatchReport of(BatchId id) {
    return reports.of(Objects.requireNonNull(id, "id"), tenant);
  }

  @Override
  public BatchStatistics statistics(StatisticsQuery query) {
    Objects.requireNonNull(query, "query");
    query.filter().tenant().ifPresent(named -> Arguments.ownTenant(named, tenant));
    StatisticsQuery own = tenant == null ? query : query.tenant(tenant);
    return Statistics.of(own, store.reports().statistics(own));
  }

  @Override
  public long export(BatchId id, ExportQuery query, ExportFormat format, OutputStream out)
      throws IOException {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(query, "query");
    Objects.requireNonNull(format, "format");
    Objects.requireNonNull(out, "out");
    return new ItemExport(store.reading(), header(id), tenant).write(query, format, out);
  }

  @Override
  public BatchComparison compare(BatchId a, BatchId b) {
    return comparing(a, b).counted();
  }

  @Override
  public Stream<ItemDifference> differences(BatchId a, BatchId b) {
    return comparing(a, b).differences();
  }

  private Comparing comparing(BatchId a, BatchId b) {
    Objects.requireNonNull(a, "a");
    Objects.requireNonNull(b, "b");
    return new Comparing(store, header(a), header(b), tenant);
  }

  private BatchHeader header(BatchId id) {
    return store.reading().header(id, tenant).orElseThrow(() -> new BatchNotFoundException(id));
  }
}
