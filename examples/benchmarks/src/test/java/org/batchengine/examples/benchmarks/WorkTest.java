package org.batchengine.examples.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class WorkTest {

  @Test
  void hasInputsOf100BytesOfJson() throws Exception {
    String input = Work.input(1_234_567_890);

    assertThat(input.getBytes(UTF_8)).hasSize(100);
    assertThat(new ObjectMapper().readTree(input).get("id").asInt()).isEqualTo(1_234_567_890);
  }

  @Test
  void hasOutputsOf50BytesOfJsonThatDiffer() throws Exception {
    String output = Work.output(Work.input(1_234_567_890));

    assertThat(output.getBytes(UTF_8)).hasSize(50);
    assertThat(new ObjectMapper().readTree(output).get("id").asInt()).isEqualTo(1_234_567_890);
    assertThat(output).isNotEqualTo(Work.output(Work.input(1)));
  }
}
