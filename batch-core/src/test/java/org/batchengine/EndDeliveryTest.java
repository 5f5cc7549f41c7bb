package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@DisplayName("REQ-M18 an end of a batch is delivered by a batch of one item")
class EndDeliveryTest {
  private static final JobType<BatchEnd, Void> MAIL = JobType.of("mail", BatchEnd.class);
  private static final JobType<BatchEnd, Void> CHAT = JobType.of("chat", BatchEnd.class);

  @RegisterExtension final EngineFixture fixture = new EngineFixture();

  private ManualEngine engine;
  private EndDelivery delivery;

  @BeforeEach
  void start() {
    engine = fixture.engine(builder -> builder.register(EngineFixture.LENGTH, String::length));
    delivery = new EndDelivery(engine, List.of(MAIL, CHAT));
  }

  private BatchJob ended() {
    return engine.await(
        engine.submit(BatchRequest.of(EngineFixture.LENGTH, List.of("a")).tenant("acme")));
  }

  private List<BatchJob> of(JobType<?, ?> type) {
    return engine.history(HistoryQuery.all().type(type.name())).items();
  }

  @Test
  void onceForEachTypeAndRun() {
    BatchJob job = ended();
    delivery.deliver(job, List.of(MAIL, CHAT));
    delivery.deliver(job, List.of(MAIL));

    assertThat(of(CHAT)).hasSize(1);
    assertThat(of(MAIL)).hasSize(1);
    BatchJob mail = of(MAIL).get(0);
    assertThat(mail.tenant()).isEqualTo("acme");
    assertThat(mail.idempotencyKey()).contains("notify/mail/" + job.id() + "/1");
    assertThat(engine.items(MAIL, mail.id(), ItemQuery.all()).items())
        .extracting(item -> item.input())
        .containsExactly(new BatchEnd(job.id(), 1, BatchState.COMPLETED));
    delivery.deliver(job.toBuilder().run(2).build(), List.of(MAIL));
    assertThat(of(MAIL)).hasSize(2);
  }

  @Test
  void butNotOfADelivery() {
    delivery.deliver(ended(), List.of(MAIL));
    BatchJob mail = of(MAIL).get(0).toBuilder().state(BatchState.COMPLETED).build();
    delivery.deliver(mail, List.of(MAIL, CHAT));

    assertThat(of(MAIL)).hasSize(1);
    assertThat(of(CHAT)).isEmpty();
  }
}
