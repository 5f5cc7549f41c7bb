package org.batchengine.web;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;

/** The fields that several routes take or answer. */
final class Shapes {
  private Shapes() {}

  static Field limit(int fallback, int most) {
    return Field.whole("limit").between(1, most).defaultsTo(fallback);
  }

  static Field after() {
    return Field.text("after").description("The next of the page before.");
  }

  static Field reason() {
    return Field.text("reason").between(1, 2_000).description("Why; kept in the history.");
  }

  static Field budget() {
    return Field.object(
            "budget",
            Field.text("measure").between(1, 50).required(),
            Field.decimal("most").between(0, 1_000_000_000_000_000L).required())
        .description("The sum of a measure at which the batch is paused.");
  }

  /** Of the calls of a batch. */
  static Field limit() {
    return Field.text("limit")
        .between(0, 200)
        .description("How many calls begin and run, such as: rate 600/PT1M, running 20.");
  }

  /** Names or aliases of states of batches. */
  static Field states(String name) {
    return Field.list(
        name,
        Field.parsed("", Map.of("type", "string"), value -> BatchState.parse(value.asText())));
  }

  /** Names or aliases of states of items. */
  static Field itemStates(String name) {
    return Field.list(
        name, Field.parsed("", Map.of("type", "string"), value -> ItemState.parse(value.asText())));
  }

  static Field number(String name) {
    return Field.decimal(name).required();
  }

  static Field count(String name) {
    return Field.whole(name).between(0, Long.MAX_VALUE).required();
  }

  static Field time(String name) {
    return Field.instant(name);
  }

  static Field next() {
    return Field.text("next")
        .description("Pass it as after for the next page; absent on the last.");
  }

  /** A batch: the members of all, and whatever else is known of it. */
  static Field batch(String name) {
    return Field.object(name, ofBatch()).open().required();
  }

  /** A batch with more members. */
  static Field batchWith(Field... more) {
    List<Field> fields = new ArrayList<>(ofBatch());
    fields.addAll(List.of(more));
    return Field.object("batch", fields).open().required();
  }

  private static List<Field> ofBatch() {
    return List.of(
        Field.text("id").required(),
        Field.text("operation").required(),
        Field.text("status").required(),
        Field.decimal("progress").between(0, 100).required(),
        time("created_at").required(),
        time("started_at"),
        time("completed_at"),
        count("total_items"),
        count("processed_items"),
        count("failed_items"));
  }

  static Field item(String name) {
    return Field.object(
            name,
            Field.text("batch_id").required(),
            count("index"),
            Field.text("key"),
            Field.text("state").required(),
            text("input"),
            text("output"),
            count("attempts"),
            count("retries"))
        .open()
        .required();
  }

  /** A text of any length, also an empty one. */
  static Field text(String name) {
    return Field.text(name).between(0, Integer.MAX_VALUE);
  }

  static Field[] changed() {
    return new Field[] {
      Field.flag("changed").required(),
      Field.text("status").required(),
      Field.text("message").required(),
      Field.whole("items")
    };
  }
}
