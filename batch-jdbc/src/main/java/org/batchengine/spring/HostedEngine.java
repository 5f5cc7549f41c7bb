package org.batchengine.spring;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.stream.Stream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchListener;
import org.batchengine.BatchProcessor;
import org.batchengine.FoundItemProcessor;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.store.BatchStore;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.SmartLifecycle;

/**
 * The engine of a Spring application, and its life there.
 *
 * <ol>
 *   <li>What is injected is a proxy. The engine itself is built once all beans are there, or when
 *       it is first used, from the beans that it needs. So a processor may have the engine injected
 *       that will call it.
 *   <li>It starts last ({@link Start}).
 *   <li>It stops once the web server has answered its last request, and stays a client until its
 *       bean is destroyed. Then it is closed.
 *   <li>A context that is started again starts it again.
 * </ol>
 */
final class HostedEngine implements SmartLifecycle, SmartInitializingSingleton, DisposableBean {
  /** The web server stops at 2,048 before the default, and waits for its requests before that. */
  private static final int AFTER_WEB_SERVER = DEFAULT_PHASE - 4_096;

  private final BatchStore store;
  private final BatchEngineProperties properties;
  private final ListableBeanFactory beans;
  private final ClassLoader loader;
  private final BatchEngine proxy =
      (BatchEngine)
          Proxy.newProxyInstance(
              BatchEngine.class.getClassLoader(),
              new Class<?>[] {BatchEngine.class},
              (self, method, arguments) -> called(self, method, arguments));

  private volatile boolean running;
  private volatile @Nullable BatchEngine engine;

  HostedEngine(
      BatchStore store,
      BatchEngineProperties properties,
      ListableBeanFactory beans,
      ClassLoader loader) {
    this.store = store;
    this.properties = properties;
    this.beans = beans;
    this.loader = loader;
  }

  /** {@return the engine as it is injected} */
  BatchEngine proxy() {
    return proxy;
  }

  private @Nullable Object called(
      Object self, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    if (method.getDeclaringClass() == Object.class) {
      return switch (method.getName()) {
        case "equals" -> arguments != null && self == arguments[0];
        case "hashCode" -> System.identityHashCode(self);
        default -> "the batch engine of this application";
      };
    }
    try {
      return method.invoke(built(), arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  private BatchEngine built() {
    BatchEngine known = engine;
    return known != null ? known : builtOnce();
  }

  private synchronized BatchEngine builtOnce() {
    BatchEngine known = engine;
    if (known == null) {
      known = build();
      engine = known;
    }
    return known;
  }

  private BatchEngine build() {
    BatchEngine.Builder builder = BatchEngine.builder(store).classLoader(loader);
    properties.applyTo(builder);
    beans.getBeanProvider(PayloadCodecs.class).ifAvailable(builder::codecs);
    all(BatchListener.class).forEach(builder::listener);
    all(Registration.class).forEach(registration -> builder.register(registration));
    Stream.concat(all(BatchProcessor.class), all(FoundItemProcessor.class))
        .filter(found -> all(Registration.class).noneMatch(each -> isOf(found, each)))
        .forEach(found -> builder.register(registrationOf(found)));
    all(BatchEngineCustomizer.class).forEach(each -> each.customize(builder));
    return properties.named(builder::build);
  }

  private <T> Stream<T> all(Class<T> type) {
    return beans.getBeanProvider(type).orderedStream();
  }

  /** Whether a bean of its own registers this processor. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static boolean isOf(Object found, Registration registration) {
    Registration<?, ?> own =
        found instanceof BatchProcessor bulk
            ? Registration.bulk(registration.type(), bulk)
            : Registration.of(registration.type(), (FoundItemProcessor) found);
    return own.with(registration.options()).equals(registration);
  }

  private static Registration<?, ?> registrationOf(Object found) {
    return found instanceof BatchProcessor<?, ?> bulk
        ? registrationOf(bulk)
        : registrationOf((FoundItemProcessor<?, ?>) found);
  }

  private static <I, O> Registration<I, O> registrationOf(BatchProcessor<I, O> found) {
    return Registration.bulk(typeOf(found), found).with(found.options());
  }

  private static <I, O> JobType<I, O> typeOf(BatchProcessor<I, O> found) {
    try {
      return found.type();
    } catch (UnsupportedOperationException e) {
      throw new IllegalStateException(
          "a bean of "
              + found.getClass().getName()
              + " is a BatchProcessor without a job type: override its type(), or declare a bean"
              + " Registration.bulk(type, processor) with it",
          e);
    }
  }

  private static <I, O> Registration<I, O> registrationOf(FoundItemProcessor<I, O> found) {
    return Registration.of(found.type(), found).with(found.options());
  }

  @Override
  public void afterSingletonsInstantiated() {
    built();
  }

  /** The engine is started by {@link Start}. */
  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    built().stop();
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return AFTER_WEB_SERVER;
  }

  @Override
  public void destroy() {
    BatchEngine known = engine;
    if (known != null) {
      known.close();
    }
  }

  /** Starts the engine once everything else has started. Its stop comes later. */
  static final class Start implements SmartLifecycle {
    private final BatchEngine engine;
    private final boolean auto;
    private volatile boolean running;

    Start(BatchEngine engine, boolean auto) {
      this.engine = engine;
      this.auto = auto;
    }

    @Override
    public void start() {
      running = true;
      if (auto) {
        engine.start();
      }
    }

    @Override
    public void stop() {
      running = false;
    }

    @Override
    public boolean isRunning() {
      return running;
    }
  }
}
