package org.batchengine;

/**
 * An {@link ItemProcessor} that knows its job type, so that {@link
 * BatchEngine.Builder#registerFound} can find it. Declare it as a service of this type.
 *
 * <pre>{@code
 * public final class Lengths implements FoundItemProcessor<String, Integer> {
 *   public JobType<String, Integer> type() {
 *     return LENGTH;
 *   }
 *
 *   public Integer process(String text, ItemContext context) {
 *     return text.length();
 *   }
 * }
 * }</pre>
 */
public interface FoundItemProcessor<I, O> extends ItemProcessor<I, O> {

  /** {@return the job type that it handles} */
  JobType<I, O> type();

  /** {@return the options; by default those of the engine} */
  default JobOptions options() {
    return JobOptions.defaults();
  }
}
