package org.batchengine.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jobrunr.configuration.JobRunr;
import org.jobrunr.configuration.JobRunrConfiguration.JobRunrConfigurationResult;
import org.jobrunr.jobs.lambdas.JobRequest;
import org.jobrunr.jobs.lambdas.JobRequestHandler;
import org.jobrunr.jobs.states.StateName;
import org.jobrunr.server.BackgroundJobServerConfiguration;
import org.jobrunr.server.JobActivator;
import org.jobrunr.storage.StorageProvider;
import org.jobrunr.storage.sql.common.SqlStorageProviderFactory;

/** JobRunr with a job an item. It keeps no output. */
final class JobRunrServer implements Contestant {
  private static final int WORKERS = 64;

  private final Work work;
  private final int workers;
  private final HikariDataSource pool;
  private final StorageProvider storage;
  private final JobRunrConfigurationResult jobrunr;

  /** What is stored of an item. */
  record Request(String input) implements JobRequest {
    @Override
    public Class<Handler> getJobRequestHandler() {
      return Handler.class;
    }
  }

  /** Works on one item. Public, as it is called by reflection. */
  public static final class Handler implements JobRequestHandler<Request> {
    private final Work work;

    Handler(Work work) {
      this.work = work;
    }

    @Override
    public void run(Request request) throws InterruptedException {
      work.process(request.input);
    }
  }

  JobRunrServer(MeasuredDatabase database, Work work, int concurrency) {
    this.work = work;
    this.workers = concurrency > 0 ? concurrency : WORKERS;
    this.pool = database.pool(20);
    this.storage = SqlStorageProviderFactory.using(pool);
    Handler handler = new Handler(work);
    JobActivator activator =
        new JobActivator() {
          @Override
          public <T> T activateJob(Class<T> type) {
            return type.cast(handler);
          }
        };
    jobrunr =
        JobRunr.configure()
            .useStorageProvider(storage)
            .useJobActivator(activator)
            .useBackgroundJobServer(
                BackgroundJobServerConfiguration.usingStandardBackgroundJobServerConfiguration()
                    .andWorkerCount(workers)
                    .andPollInterval(Duration.ofSeconds(5)),
                false)
            .initialize();
  }

  @Override
  public String tuning() {
    return workers + " workers, polls each 5 s, which is the least; jobs are enqueued as a stream";
  }

  @Override
  public void open() {}

  @Override
  public void submit(int items) {
    Iterable<String> inputs = () -> Work.inputs(items);
    Stream<Request> requests = StreamSupport.stream(inputs.spliterator(), false).map(Request::new);
    jobrunr.getJobRequestScheduler().enqueue(requests);
  }

  @Override
  public void drain() throws InterruptedException {
    long all = storage.countJobs(StateName.ENQUEUED) + storage.countJobs(StateName.PROCESSING);
    all += finished();
    jobrunr.getBackgroundJobServer().start();
    do {
      work.awaitQuiet();
    } while (finished() < all);
  }

  @Override
  public long finished() {
    return storage.countJobs(StateName.SUCCEEDED);
  }

  @Override
  public void close() {
    JobRunr.destroy();
    pool.close();
  }
}
