package org.batchengine;

import java.util.Optional;
import java.util.concurrent.Callable;
import org.batchengine.model.BatchId;
import org.jspecify.annotations.Nullable;

/** A call of host code, as an interceptor sees it. */
final class InterceptedCall<R> implements CallInterceptor.Invocation {
  private final Facts facts;
  private final @Nullable Object transaction;
  private final Callable<@Nullable R> code;
  private boolean called;
  private @Nullable R result;
  private @Nullable Throwable thrown;

  private InterceptedCall(Facts facts, @Nullable Object transaction, Callable<@Nullable R> code) {
    this.facts = facts;
    this.transaction = transaction;
    this.code = code;
  }

  /** What is called with what. */
  record Facts(BatchId batchId, String type, String tenant, int index, int items, int attempt) {

    static Facts of(ItemContext item) {
      return new Facts(item.batchId(), item.type(), item.tenant(), item.index(), 1, item.attempt());
    }

    static Facts of(Chunk<?, ?> chunk) {
      ChunkItem<?, ?> first = chunk.items().get(0);
      return new Facts(
          chunk.batchId(),
          chunk.type(),
          chunk.tenant(),
          first.index(),
          chunk.items().size(),
          first.attempt());
    }
  }

  /** Makes the call within the interceptor's, and returns the result of host code. */
  static <R> @Nullable R within(
      CallInterceptor interceptor,
      Facts facts,
      @Nullable Object transaction,
      Callable<@Nullable R> code)
      throws Exception {
    InterceptedCall<R> call = new InterceptedCall<>(facts, transaction, code);
    interceptor.intercept(call);
    return call.result(interceptor);
  }

  private @Nullable R result(CallInterceptor interceptor) throws Exception {
    if (!called) {
      throw new IllegalStateException(
          "the interceptor " + interceptor.getClass().getName() + " did not call proceed()");
    }
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof Exception exception) {
      throw exception;
    }
    return result;
  }

  @Override
  public void proceed() throws Exception {
    if (called) {
      throw new IllegalStateException("proceed() was called before: a call is made once");
    }
    called = true;
    try {
      result = code.call();
    } catch (ItemCall.Left verdict) {
      thrown = verdict;
    } catch (Throwable e) {
      thrown = e;
      throw e;
    }
  }

  @Override
  public BatchId batchId() {
    return facts.batchId();
  }

  @Override
  public String type() {
    return facts.type();
  }

  @Override
  public String tenant() {
    return facts.tenant();
  }

  @Override
  public int index() {
    return facts.index();
  }

  @Override
  public int items() {
    return facts.items();
  }

  @Override
  public int attempt() {
    return facts.attempt();
  }

  @Override
  public Optional<Object> transaction() {
    return Optional.ofNullable(transaction);
  }
}
