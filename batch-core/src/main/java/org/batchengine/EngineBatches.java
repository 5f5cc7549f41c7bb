package org.batchengine;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.model.BatchException;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchPage;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;

/** Submitting and seeing batches: what needs no worker. */
class EngineBatches implements Batches {
  private static final int RESULTS_AT_ONCE = 1_000;

  private final Machinery machinery;
  private final Submitter submitter;
  private final PayloadCodecs codecs;
  private final Runnable wakeDispatcher;
  private final Runnable wakeMaintenance;

  EngineBatches(Machinery machinery) {
    this.machinery = machinery;
    submitter = machinery.submitter();
    codecs = machinery.config().codecs();
    wakeDispatcher = machinery.dispatcherSignal()::raise;
    wakeMaintenance = machinery.maintenance()::removeHiddenSoon;
  }

  @Override
  public BatchId submit(BatchRequest<?> request) {
    store();
    BatchId id = submitter.submit(request);
    wakeDispatcher.run();
    return id;
  }

  @Override
  public Optional<BatchJob> find(BatchId id) {
    return store().find(id, null);
  }

  @Override
  public BatchJob status(BatchId id) {
    return find(id).orElseThrow(() -> new BatchNotFoundException(id));
  }

  @Override
  public BatchJob await(BatchId id) throws InterruptedException {
    try {
      return completions().shared(id).get();
    } catch (ExecutionException e) {
      throw unwrapped(e);
    }
  }

  @Override
  public BatchJob await(BatchId id, Duration atMost) throws InterruptedException {
    try {
      return completions().shared(id).get(nanosOf(atMost), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return status(id);
    } catch (ExecutionException e) {
      throw unwrapped(e);
    }
  }

  private static long nanosOf(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      return duration.isNegative() ? 0 : Long.MAX_VALUE;
    }
  }

  private static RuntimeException unwrapped(ExecutionException e) {
    Throwable cause = e.getCause();
    return cause instanceof BatchException known ? known : new IllegalStateException(cause);
  }

  @Override
  public CompletableFuture<BatchJob> completion(BatchId id) {
    return completions().of(id);
  }

  @Override
  public BatchPage<BatchJob> history(HistoryQuery query) {
    return store().history(query);
  }

  @Override
  public BatchPage<BatchItem<String, String>> items(BatchId id, ItemQuery query) {
    return store().items(header(id), query);
  }

  @Override
  public <I, O> BatchPage<BatchItem<I, O>> items(JobType<I, O> type, BatchId id, ItemQuery query) {
    BatchHeader batch = header(type, id);
    return store().items(batch, query).map(decoder(type, batch));
  }

  @Override
  public Optional<BatchItem<String, String>> item(BatchId id, String key) {
    return store().item(header(id), key);
  }

  @Override
  public Optional<BatchItem<String, String>> item(BatchId id, int index) {
    return store().item(header(id), index);
  }

  @Override
  public <I, O> Stream<BatchItem<I, O>> results(JobType<I, O> type, BatchId id) {
    BatchHeader batch = header(type, id);
    Iterator<BatchItem<String, String>> settled = new SettledItems(batch);
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(settled, Spliterator.ORDERED), false)
        .map(decoder(type, batch));
  }

  @Override
  public List<ItemError> errors(BatchId id, int index) {
    return store().errors(header(id), index);
  }

  @Override
  public List<ErrorGroup> errorGroups(BatchId id, int most) {
    if (most < 1) {
      throw new IllegalArgumentException("most: " + most + " is not at least 1");
    }
    return store().errorGroups(header(id), most);
  }

  @Override
  public boolean delete(BatchId id) {
    boolean hidden = store().hide(id, null);
    if (hidden) {
      wakeMaintenance.run();
    }
    return hidden;
  }

  private Completions completions() {
    store();
    return machinery.completions();
  }

  private BatchStore store() {
    if (machinery.closed().get()) {
      throw new IllegalStateException("the engine is closed");
    }
    return machinery.store();
  }

  private BatchHeader header(BatchId id) {
    return store().header(id, null).orElseThrow(() -> new BatchNotFoundException(id));
  }

  private BatchHeader header(JobType<?, ?> type, BatchId id) {
    BatchHeader batch = header(id);
    if (!batch.type().equals(type.name())) {
      throw new IllegalArgumentException(
          "batch " + id + " is of type " + batch.type() + ", not " + type.name());
    }
    return batch;
  }

  private <I, O> Function<BatchItem<String, String>, BatchItem<I, O>> decoder(
      JobType<I, O> type, BatchHeader batch) {
    PayloadCodec<I> inputs = type.inputCodec(codecs);
    PayloadCodec<O> outputs = type.outputCodec(codecs);
    return item ->
        item.decoded(
            text -> Payloads.decode(inputs, text, batch.inputFormat()),
            text -> Payloads.decode(outputs, text, batch.outputFormat()));
  }

  /** The settled items of a batch by index, read page by page. */
  private final class SettledItems implements Iterator<BatchItem<String, String>> {
    private final BatchHeader batch;
    private Iterator<BatchItem<String, String>> page =
        List.<BatchItem<String, String>>of().iterator();
    private int from;
    private boolean last;

    SettledItems(BatchHeader batch) {
      this.batch = batch;
    }

    @Override
    public boolean hasNext() {
      if (!page.hasNext() && !last) {
        List<BatchItem<String, String>> next = store().settled(batch, from, RESULTS_AT_ONCE);
        last = next.size() < RESULTS_AT_ONCE;
        if (!next.isEmpty()) {
          from = next.get(next.size() - 1).index() + 1;
        }
        page = next.iterator();
      }
      return page.hasNext();
    }

    @Override
    public BatchItem<String, String> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return page.next();
    }
  }
}
