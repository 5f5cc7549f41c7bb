package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BatchPageTest {
  private static final BatchId ID = BatchId.of("0190163d-8694-739b-aea5-966c26f8ad91");
  private static final BatchPage<Integer> PAGE =
      BatchPage.of(List.of(1, 2), "cursor", Map.of("limit", 2));

  @Test
  void isIterated() {
    assertThat(PAGE).containsExactly(1, 2);
  }

  @Test
  void knowsWhereTheNextBegins() {
    assertThat(PAGE.next()).contains("cursor");
  }

  @Test
  void hasNoNextOnTheLastPage() {
    assertThat(BatchPage.of(List.of(), null, Map.of()).next()).isEmpty();
  }

  @Test
  void isEmptyWithoutItems() {
    assertThat(BatchPage.of(List.of(), "cursor", Map.of()).isEmpty()).isTrue();
    assertThat(PAGE.isEmpty()).isFalse();
  }

  @Test
  @DisplayName("REQ-M10 a page says what it was filtered by")
  void saysWhatItWasFilteredBy() {
    BatchPage<BatchJob> page =
        BatchPage.of(List.of(), null, HistoryQuery.all().tenant("acme").toMap());
    assertThat(page.filter()).isEqualTo(Map.of("limit", 50, "offset", 0, "tenant", "acme"));
  }

  @Test
  void keepsCursorAndFilterWhenMapped() {
    assertThat(PAGE.map(String::valueOf))
        .isEqualTo(BatchPage.of(List.of("1", "2"), "cursor", Map.of("limit", 2)));
  }

  @Test
  void doesNotChangeWithWhatItWasMadeOf() {
    List<Integer> items = new ArrayList<>(List.of(1));
    Map<String, Object> filter = new HashMap<>();
    BatchPage<Integer> page = BatchPage.of(items, null, filter);
    items.add(2);
    filter.put("a", 1);
    assertThat(page.items()).containsExactly(1);
    assertThat(page.filter()).isEmpty();
  }

  @Test
  @DisplayName("REQ-U14 a page is its JSON, cursor included")
  void isItsJsonCursorIncluded() {
    BatchJob job = BatchJob.builder(ID, "x").build();
    JsonNode json =
        new ObjectMapper().valueToTree(BatchPage.of(List.of(job), "c", Map.of("limit", 1)));
    assertThat(json.get("items").get(0).get("batch_id").asText()).isEqualTo(ID.toString());
    assertThat(json.get("next").asText()).isEqualTo("c");
    assertThat(json.get("filter").get("limit").asInt()).isEqualTo(1);
  }

  @Test
  void makesMapsOfBatchesAndItems() {
    BatchItem<String, String> item = BatchItem.builder(ID, 0).build();
    assertThat(BatchPage.of(List.of(item), null, Map.of()).toMap())
        .isEqualTo(Map.of("items", List.of(item.toMap()), "filter", Map.of()));
  }

  @Test
  void leavesOtherItemsAsTheyAre() {
    assertThat(PAGE.toMap()).containsEntry("items", List.of(1, 2));
  }

  @Test
  void equalsOneOfTheSameContent() {
    assertThat(PAGE)
        .isEqualTo(BatchPage.of(List.of(1, 2), "cursor", Map.of("limit", 2)))
        .hasSameHashCodeAs(BatchPage.of(List.of(1, 2), "cursor", Map.of("limit", 2)))
        .isNotEqualTo(BatchPage.of(List.of(1, 2), null, Map.of("limit", 2)));
  }
}
