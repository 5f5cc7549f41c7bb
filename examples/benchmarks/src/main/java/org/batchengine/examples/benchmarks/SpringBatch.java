package org.batchengine.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.springframework.batch.core.BatchStatus;
import org.springframework.batch.core.configuration.support.MapJobRegistry;
import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.builder.FlowBuilder;
import org.springframework.batch.core.job.builder.JobBuilder;
import org.springframework.batch.core.job.flow.Flow;
import org.springframework.batch.core.job.flow.support.SimpleFlow;
import org.springframework.batch.core.job.parameters.JobParameters;
import org.springframework.batch.core.launch.support.TaskExecutorJobOperator;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.repository.support.JdbcJobRepositoryFactoryBean;
import org.springframework.batch.core.step.Step;
import org.springframework.batch.core.step.builder.ChunkOrientedStepBuilder;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.batch.infrastructure.item.database.JdbcBatchItemWriter;
import org.springframework.batch.infrastructure.item.database.JdbcCursorItemReader;
import org.springframework.batch.infrastructure.item.database.builder.JdbcBatchItemWriterBuilder;
import org.springframework.batch.infrastructure.item.database.builder.JdbcCursorItemReaderBuilder;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

/**
 * Spring Batch over a table of the user's own, with results inserted into another. It has no
 * submit; that is how the user fills the table.
 */
final class SpringBatch implements Contestant {
  private final MeasuredDatabase database;
  private final Work work;
  private final int steps;
  private final int chunk;
  private final int concurrency;
  private final HikariDataSource pool;
  private final ThreadPoolTaskExecutor workers = new ThreadPoolTaskExecutor();

  private record Input(long id, String text) {}

  private record Result(long id, String text) {}

  SpringBatch(MeasuredDatabase database, Work work, int steps, int chunk, int concurrency) {
    this.database = database;
    this.work = work;
    this.steps = steps;
    this.chunk = chunk;
    this.concurrency = concurrency;
    this.pool = database.pool(2 * steps + 2);
    if (concurrency > 0) {
      workers.setCorePoolSize(concurrency);
      workers.initialize();
    }
  }

  @Override
  public String tuning() {
    return "chunk %,d, cursor reader with fetch size %,d, %s, table filled by %s"
        .formatted(
            chunk,
            chunk,
            concurrency > 0
                ? concurrency + " threads in a step"
                : steps == 1 ? "one step" : steps + " steps side by side, each with its range",
            database.isPostgres() ? "COPY" : "batched inserts");
  }

  @Override
  public void open() throws SQLException {
    new ResourceDatabasePopulator(
            new ClassPathResource(
                "org/springframework/batch/core/schema-%s.sql"
                    .formatted(database.isPostgres() ? "postgresql" : "h2")))
        .execute(pool);
    database.execute(
        "create table input (id bigint primary key, input varchar)",
        "create table result (id bigint primary key, output varchar)");
  }

  @Override
  public void submit(int items) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      connection.setAutoCommit(false);
      if (database.isPostgres()) {
        CopyRows.inputs(connection, "input (id, input)", items);
      } else {
        Raw.insertInputs(connection, "input", items);
      }
      connection.commit();
    }
  }

  @Override
  public void drain() throws Exception {
    JdbcTransactionManager transactions = new JdbcTransactionManager(pool);
    JdbcJobRepositoryFactoryBean factory = new JdbcJobRepositoryFactoryBean();
    factory.setDataSource(pool);
    factory.setTransactionManager(transactions);
    factory.afterPropertiesSet();
    JobRepository repository = factory.getObject();

    TaskExecutorJobOperator operator = new TaskExecutorJobOperator();
    operator.setJobRepository(repository);
    operator.setJobRegistry(new MapJobRegistry());
    operator.afterPropertiesSet();

    JobExecution execution = operator.start(job(repository, transactions), new JobParameters());
    if (execution.getStatus() != BatchStatus.COMPLETED) {
      throw new IllegalStateException(
          execution.toString(), execution.getAllFailureExceptions().get(0));
    }
  }

  private Job job(JobRepository repository, JdbcTransactionManager transactions)
      throws SQLException {
    long each = (database.number("select count(*) from input") + steps - 1) / steps;
    List<Flow> flows = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      Step step = step("step" + i, repository, transactions, i * each, (i + 1) * each - 1);
      flows.add(new FlowBuilder<SimpleFlow>("flow" + i).start(step).build());
    }
    Flow all =
        new FlowBuilder<SimpleFlow>("all")
            .split(new SimpleAsyncTaskExecutor())
            .add(flows.toArray(Flow[]::new))
            .build();
    return new JobBuilder("job", repository).start(steps == 1 ? flows.get(0) : all).build().build();
  }

  private Step step(
      String name,
      JobRepository repository,
      JdbcTransactionManager transactions,
      long first,
      long last) {
    JdbcCursorItemReader<Input> reader =
        new JdbcCursorItemReaderBuilder<Input>()
            .name(name + "-reader")
            .dataSource(pool)
            .connectionAutoCommit(false) // else the driver reads the whole table at once
            .fetchSize(chunk)
            .verifyCursorPosition(false)
            .sql("select id, input from input where id between ? and ? order by id")
            .queryArguments(first, last)
            .rowMapper((row, number) -> new Input(row.getLong(1), row.getString(2)))
            .build();
    JdbcBatchItemWriter<Result> writer =
        new JdbcBatchItemWriterBuilder<Result>()
            .dataSource(pool)
            .sql("insert into result (id, output) values (?, ?)")
            .itemPreparedStatementSetter(
                (result, statement) -> {
                  statement.setLong(1, result.id);
                  statement.setString(2, result.text);
                })
            .assertUpdates(false)
            .build();
    writer.afterPropertiesSet();
    ChunkOrientedStepBuilder<Input, Result> step =
        new StepBuilder(name, repository)
            .<Input, Result>chunk(chunk)
            .transactionManager(transactions)
            .reader(reader)
            .processor(input -> new Result(input.id, work.process(input.text)))
            .writer(writer);
    if (concurrency > 0) {
      step.taskExecutor(workers);
    }
    return step.build();
  }

  @Override
  public long finished() throws SQLException {
    return database.number("select count(*) from result");
  }

  @Override
  public void close() {
    workers.shutdown();
    pool.close();
  }
}
