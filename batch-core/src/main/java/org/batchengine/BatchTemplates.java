package org.batchengine;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.batchengine.schedule.BatchTemplate;

/**
 * The templates of a tenant, as {@link Batches#templates} gives them: requests that are stored by
 * name. Names are those of the view's tenant, and of the tenant {@code default} on the engine
 * itself. They have 1 to 100 characters and are not blank. Thread-safe; each method blocks on the
 * store.
 */
public interface BatchTemplates {

  /**
   * Stores a request as a template, in the place of one with its name: all its settings, and its
   * items with their keys. Checked like a submit.
   *
   * @param request without an id, an idempotency key, a start and batches to wait for, which only
   *     one batch can have; with up to 1,000 items
   * @return the template as it is stored
   * @throws IllegalArgumentException if the request has one of these, more items, or another tenant
   *     than the view
   */
  BatchTemplate put(String name, BatchRequest<?> request);

  /**
   * Returns a request with the settings of a template, and other items. It can be changed further
   * before it is submitted.
   *
   * @throws IllegalArgumentException if there is no such template, or it is of another job type
   */
  <I> BatchRequest<I> request(String name, JobType<I, ?> type, Iterable<? extends I> items);

  /**
   * Like {@link #request(String, JobType, Iterable)}, for a stream, which can be submitted once.
   */
  <I> BatchRequest<I> request(String name, JobType<I, ?> type, Stream<? extends I> items);

  /** {@return the template with this name, if there is one} */
  Optional<BatchTemplate> find(String name);

  /** {@return the templates by tenant and name; on the engine itself, those of all tenants} */
  List<BatchTemplate> list();

  /**
   * Removes a template. Fires of schedules that name it fail from then on.
   *
   * @return whether there was one
   */
  boolean remove(String name);
}
