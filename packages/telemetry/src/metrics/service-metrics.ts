import { metricNames } from "../names.ts";
import { CALL_SECONDS, type MetricKinds } from "./kinds.ts";

/** Metrics of every service. */
export const everyServiceMetrics = (
  { gauge, measured }: MetricKinds,
  service: string,
  ready: () => boolean = () => false,
) => ({
  buildInfo: gauge(metricNames.buildInfo, "1, with the service and its version.", [
    "service",
    "version",
    "node",
  ]),
  ready: measured(
    metricNames.ready,
    "1 while the service is ready, as /readyz says, else 0.",
    { service },
    () => (ready() ? 1 : 0),
  ),
});

/** Metrics of services that serve calls. */
export const callMetrics = ({ counter, gauge, histogram }: MetricKinds) => ({
  rpcCalls: counter(metricNames.rpcCalls, "Calls served, by method and status.", [
    "method",
    "code",
  ]),
  rpcDuration: histogram(
    metricNames.rpcDuration,
    "How long calls took, by method. A stream counts from its start to its end.",
    ["method"],
    CALL_SECONDS,
  ),
  awaitedJobs: gauge(
    metricNames.awaitedJobs,
    "Jobs whose end is awaited: by callers in a gateway, by gateways in a scheduler.",
    [],
  ),
});

export const gatewayMetrics = (kinds: MetricKinds) => ({
  ...callMetrics(kinds),
  relayedChunks: kinds.counter(metricNames.relayedChunks, "Chunks of output sent to watchers.", []),
  relayedBytes: kinds.counter(metricNames.relayedBytes, "Bytes of output sent to watchers.", []),
  documentsRemoved: kinds.counter(
    metricNames.documentsRemoved,
    "Documents that were removed because their time was over, by reason: expired or retention.",
    ["reason"],
  ),
});
