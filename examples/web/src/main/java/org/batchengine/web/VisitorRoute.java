package org.batchengine.web;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tells visitors who they are, so that the page shows only what they may do. */
final class VisitorRoute {
  private VisitorRoute() {}

  static Route route() {
    return Route.of("GET", "api/visitor", "Who the visitor is", VisitorRoute::visitor)
        .answers(
            200,
            Field.object(
                    "visitor",
                    Field.text("name").required(),
                    Field.text("tenant").description("Absent if the visitor sees all tenants."),
                    Field.list("rights", Field.text("")).required())
                .required());
  }

  private static void visitor(Exchange exchange) throws IOException {
    exchange.query();
    Visitor visitor = exchange.visitor();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", visitor.name());
    visitor.tenant().ifPresent(tenant -> map.put("tenant", tenant));
    map.put("rights", visitor.rights().stream().map(Enum::name).sorted().toList());
    exchange.answer(200, Map.of("visitor", map));
  }
}
