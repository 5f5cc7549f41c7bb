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
      Shown shown,
      EventRoutes events) {
    List<Route> routes = new ArrayList<>();
    CreateRoutes creating = new CreateRoutes(operations, notified, creations);
    routes.addAll(creating.routes());
    routes.addAll(new ReadRoutes(shown).routes());
    routes.addAll(new ResultRoutes(shown).routes());
    routes.addAll(new ChartRoutes().routes());
    routes.addAll(new CompareRoutes().routes());
    routes.addAll(new SteerRoutes(operations).routes());
    routes.addAll(new WorkRoutes(operations).routes());
    routes.addAll(new ScheduleRoutes(creating).routes());
    routes.addAll(new LimitRoutes().routes());
    routes.addAll(new OperateRoutes(operations).routes());
    routes.addAll(new JobRoutes(creating, shown).routes());
    routes.addAll(events.routes());
    routes.add(VisitorRoute.route());
    routes.add(OpenApi.route(routes));
    return routes;
  }
}
