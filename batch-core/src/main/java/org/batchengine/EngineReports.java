package org.batchengine;

import java.util.Objects;
import org.batchengine.engine.report.Reports;
import org.batchengine.engine.report.Statistics;
import org.batchengine.model.BatchId;
import org.batchengine.report.BatchReport;
import org.batchengine.report.BatchStatistics;
import org.batchengine.report.StatisticsQuery;
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
}
