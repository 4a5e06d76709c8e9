import type { Engine } from "@millrace/engine";
import type { ExternalScaler } from "@millrace/proto/external-scaler";
import { type Handler, rpcError } from "@millrace/runtime";
import { jobsFor } from "../../scaling/jobs-for.ts";
import { scalingTarget } from "../../scaling/scaling-target.ts";
import { METRIC } from "./get-metric-spec.ts";

export const getMetrics =
  (
    engine: Pick<Engine, "demand" | "queues" | "recentQueue">,
  ): Handler<(typeof ExternalScaler)["method"]["getMetrics"], undefined> =>
  async ({ scaledObjectRef, metricName }) => {
    if (metricName !== METRIC) {
      const message = `the only metric is ${METRIC}, as GetMetricSpec says`;
      const violations = [{ field: "metricName", description: message }];
      throw rpcError({ reason: "MALFORMED", message, violations });
    }
    const jobs = await jobsFor(engine, scalingTarget(scaledObjectRef?.scalerMetadata ?? {}));
    return { metricValues: [{ metricName, metricValue: BigInt(jobs), metricValueFloat: jobs }] };
  };
