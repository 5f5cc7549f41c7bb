package org.batchengine.web;

import java.util.ArrayList;
import java.util.List;
import org.batchengine.JobType;
import org.batchengine.model.BatchEnd;

/** All routes. */
final class Routes {
  private Routes() {}

  static List<Route> all(
      List<Operation<?>> operations,
      List<JobType<BatchEnd, ?>> notified,
      Creations creations,
      Shown shown) {
    List<Route> routes = new ArrayList<>();
    Creating creating = new Creating(operations, notified, creations);
    routes.addAll(creating.routes());
    routes.addAll(new Reading(shown).routes());
    routes.addAll(new Analyzing(shown).routes());
    routes.addAll(new Charts().routes());
    routes.addAll(new Comparing().routes());
    routes.addAll(new Steering().routes());
    routes.addAll(new Operating(operations).routes());
    routes.addAll(new Jobs(creating, shown).routes());
    routes.add(VisitorRoute.route());
    routes.add(OpenApi.route(routes));
    return routes;
  }
}
