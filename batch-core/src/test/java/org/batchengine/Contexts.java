package org.batchengine;

import java.lang.reflect.Proxy;

/** Calls processors as an engine would, with a context whose every use shows. */
final class Contexts {

  private Contexts() {}

  /** A context whose methods all throw an {@link UnsupportedOperationException} of their name. */
  static ItemContext refusing() {
    return (ItemContext)
        Proxy.newProxyInstance(
            ItemContext.class.getClassLoader(),
            new Class<?>[] {ItemContext.class},
            (proxy, method, arguments) -> {
              throw new UnsupportedOperationException(method.getName());
            });
  }

  static <I, O> O callPerItem(Registration<I, O> registration, I input) throws Exception {
    var processor = (Processor.PerItem<I, O>) registration.processor();
    return processor.code().process(input, refusing());
  }

  @SuppressWarnings("unchecked") // that it fits is the caller's fact
  static <I, O, T> O callPerTransaction(Registration<I, O> registration, I input, T transaction)
      throws Exception {
    var processor = (Processor.PerTransaction<I, O, T>) registration.processor();
    return processor.code().process(input, transaction, refusing());
  }
}
