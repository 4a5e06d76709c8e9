import type { ExternalScaler } from "@millrace/proto/external-scaler";
import type { Handler } from "@millrace/runtime";
import { scalingTarget } from "../../scaling/scaling-target.ts";

/** Jobs that could run now, and those that run. */
export const METRIC = "millrace-jobs";

export const getMetricSpec: Handler<
  (typeof ExternalScaler)["method"]["getMetricSpec"],
  undefined
> = ({ scalerMetadata }) => {
  const { targetPerReplica } = scalingTarget(scalerMetadata);
  const targetSize = BigInt(Math.max(1, Math.round(targetPerReplica)));
  return { metricSpecs: [{ metricName: METRIC, targetSize, targetSizeFloat: targetPerReplica }] };
};
