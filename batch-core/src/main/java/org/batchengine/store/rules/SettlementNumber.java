package org.batchengine.store.rules;

import org.batchengine.store.Settlement;

/** The numbers of a session's settlements: each is one more than the last. */
public final class SettlementNumber {
  private SettlementNumber() {}

  /**
   * {@return the exception for a settlement that neither follows the last one nor was applied
   * before}
   */
  public static IllegalStateException notNext(Settlement settlement, long last) {
    return new IllegalStateException(
        "settlement %d of session %d does not follow the last, %d"
            .formatted(settlement.number(), settlement.session(), last));
  }
}
