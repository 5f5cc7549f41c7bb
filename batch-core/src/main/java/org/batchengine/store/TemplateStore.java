package org.batchengine.store;

import java.util.List;
import java.util.Optional;
import org.batchengine.schedule.BatchTemplate;
import org.jspecify.annotations.Nullable;

/** Keeps templates of batches. Every rule of {@link BatchStore} holds. */
public interface TemplateStore {

  /** Stores a template, in the place of one with its name. */
  void put(Template template, Actor by);

  /** The template with its items, as one moment has it. */
  Optional<Template> get(NameInTenant name);

  /** What hosts see of the template. */
  Optional<BatchTemplate> find(NameInTenant name);

  /** All templates by tenant and name; of one tenant, if it is not null. */
  List<BatchTemplate> list(@Nullable String tenant);

  /** Removes a template. Whether there was one. */
  boolean remove(NameInTenant name, Actor by);
}
