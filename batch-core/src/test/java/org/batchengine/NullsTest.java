package org.batchengine;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.codec.PayloadType;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoredText;
import org.batchengine.report.ExportFormat;
import org.batchengine.report.StatisticsQuery;
import org.batchengine.store.BatchStore;
import org.batchengine.store.HostTransaction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Null is refused at once, and by name, wherever a host can give it. */
class NullsTest {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);

  /** What stands for the parameters that are not null, by their type. */
  private static final Map<Class<?>, Object> SAMPLES =
      Map.ofEntries(
          entry(int.class, 1),
          entry(long.class, 1L),
          entry(double.class, 0.5),
          entry(String.class, "text"),
          entry(String[].class, new String[] {"text"}),
          entry(int[].class, new int[] {1}),
          entry(Class.class, String.class),
          entry(Class[].class, new Class<?>[] {IllegalStateException.class}),
          entry(Duration.class, Duration.ofMinutes(1)),
          entry(Instant.class, Instant.EPOCH),
          entry(InstantSource.class, InstantSource.system()),
          entry(UUID.class, new UUID(1, 2)),
          entry(Map.class, Map.of()),
          entry(Iterable.class, List.of("text")),
          entry(Collection.class, List.of("text")),
          entry(Stream.class, Stream.of("text")),
          entry(Function.class, Function.identity()),
          entry(Predicate.class, (Predicate<Object>) any -> true),
          entry(Executor.class, (Executor) Runnable::run),
          entry(ClassLoader.class, NullsTest.class.getClassLoader()),
          entry(RandomGenerator.class, RandomGenerator.getDefault()),
          entry(JobType.class, LENGTH),
          entry(JobType[].class, new JobType<?, ?>[] {LENGTH}),
          entry(JobOptions.class, JobOptions.defaults()),
          entry(ItemFunction.class, (ItemFunction<String, Integer>) String::length),
          entry(ItemProcessor.class, (ItemProcessor<String, Integer>) (text, context) -> 1),
          entry(ItemAction.class, (ItemAction<String>) text -> {}),
          entry(BatchProcessor.class, (BatchProcessor<String, Integer>) chunk -> {}),
          entry(
              TransactionalProcessor.class,
              (TransactionalProcessor<String, Integer, Object>) (text, kind, context) -> 1),
          entry(Registration.class, Registration.of(LENGTH, text -> 1)),
          entry(BatchListener.class, (BatchListener) event -> {}),
          entry(BatchRequest.class, BatchRequest.of(LENGTH, List.of("text"))),
          entry(BatchChange.class, BatchChange.none().priority(9)),
          entry(HostTransaction.class, new HostTransaction() {}),
          entry(BatchStore.class, new InMemoryBatchStore()),
          entry(BatchId.class, BatchId.of(new UUID(1, 2))),
          entry(BatchState[].class, new BatchState[] {BatchState.RUNNING}),
          entry(ItemState[].class, new ItemState[] {ItemState.FAILED}),
          entry(CancelMode.class, CancelMode.FORCED),
          entry(FailedItems.class, FailedItems.all()),
          entry(HistoryQuery.class, HistoryQuery.all()),
          entry(ItemQuery.class, ItemQuery.all()),
          entry(InputStream.class, InputStream.nullInputStream()),
          entry(OutputStream.class, OutputStream.nullOutputStream()),
          entry(char.class, ';'),
          entry(ExportFormat.class, ExportFormat.csv()),
          entry(StatisticsQuery.class, StatisticsQuery.all()),
          entry(ZoneId.class, ZoneOffset.UTC),
          entry(RetryPolicy.class, RetryPolicy.none()),
          entry(PayloadType.class, PayloadType.of(String.class)),
          entry(PayloadCodec.class, PayloadCodecs.basic().codecFor(PayloadType.of(String.class))),
          entry(PayloadCodecs.class, PayloadCodecs.basic()));

  @Test
  void areRefusedByName() {
    assertThat(calls()).hasSizeGreaterThan(150);
    assertThat(calls().map(Call::said).filter(said -> !said.isEmpty())).isEmpty();
  }

  private static Stream<Call> calls() {
    ManualEngine engine = BatchEngine.builder(new InMemoryBatchStore()).manual();
    return Stream.of(
            new Given(ManualEngine.class, engine),
            new Given(BatchEngine.class, null),
            new Given(Batches.class, engine.forTenant("acme")),
            new Given(BatchReports.class, engine.reports()),
            new Given(StatisticsQuery.class, StatisticsQuery.all()),
            new Given(BatchEngine.Builder.class, BatchEngine.builder(new InMemoryBatchStore())),
            new Given(ImportedItems.class, ImportedItems.of(LENGTH)),
            new Given(BatchRequest.class, SAMPLES.get(BatchRequest.class)),
            new Given(JobType.class, LENGTH),
            new Given(JobOptions.class, JobOptions.defaults()),
            new Given(Registration.class, SAMPLES.get(Registration.class)),
            new Given(ManualClock.class, ManualClock.at(Instant.EPOCH)),
            new Given(InMemoryBatchStore.class, null),
            new Given(BatchId.class, SAMPLES.get(BatchId.class)),
            new Given(BatchChange.class, BatchChange.none()),
            new Given(FailedItems.class, FailedItems.all()),
            new Given(HistoryQuery.class, HistoryQuery.all()),
            new Given(ItemQuery.class, ItemQuery.all()),
            new Given(RetryPolicy.class, RetryPolicy.none()),
            new Given(StoredText.class, null),
            new Given(PayloadType.class, PayloadType.of(String.class)),
            new Given(PayloadCodecs.class, PayloadCodecs.basic()))
        .flatMap(Given::calls);
  }

  /** A type of the API, and one of it. */
  private record Given(Class<?> type, @Nullable Object one) {

    Stream<Call> calls() {
      return Stream.concat(Stream.of(type.getMethods()), Stream.of(type.getConstructors()))
          .filter(member -> member.getDeclaringClass().getName().startsWith("org.batchengine"))
          .filter(member -> !(member instanceof Method method && method.isBridge()))
          .filter(member -> one != null || isWithoutOne(member))
          .flatMap(this::calls);
    }

    private static boolean isWithoutOne(Executable member) {
      return !(member instanceof Method) || Modifier.isStatic(member.getModifiers());
    }

    private Stream<Call> calls(Executable member) {
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < member.getParameterCount(); i++) {
        boolean mayBeNull =
            member.getAnnotatedParameterTypes()[i].isAnnotationPresent(Nullable.class);
        if (!mayBeNull && !member.getParameterTypes()[i].isPrimitive()) {
          calls.add(new Call(one, member, i));
        }
      }
      return calls.stream();
    }
  }

  /** A call with null in one place. */
  private record Call(@Nullable Object one, Executable member, int place) {

    /** What is wrong with how null is refused; empty if it is by name. */
    String said() {
      Throwable thrown = catchThrowable(this::make);
      boolean isNamed =
          (thrown instanceof NullPointerException || thrown instanceof IllegalArgumentException)
              && thrown.getMessage() != null
              && !thrown.getMessage().startsWith("Cannot "); // what the virtual machine says
      return isNamed ? "" : this + ": " + thrown;
    }

    private void make() throws Throwable {
      Object[] arguments =
          Arrays.stream(member.getParameterTypes())
              .map(type -> Objects.requireNonNull(SAMPLES.get(type), type.getName()))
              .toArray();
      arguments[place] = null;
      try {
        if (member instanceof Method method) {
          method.invoke(one, arguments);
        } else {
          ((Constructor<?>) member).newInstance(arguments);
        }
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }

    @Override
    public String toString() {
      return member.getDeclaringClass().getSimpleName()
          + "."
          + member.getName()
          + Arrays.stream(member.getParameterTypes()).map(Class::getSimpleName).toList()
          + " with null at "
          + place;
    }
  }
}
