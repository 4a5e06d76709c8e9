import { quantile, rounded } from "./report.ts";

/** All values are in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export const latencyOf = (values: readonly number[]): Latency => ({
  p50: rounded(quantile(values, 0.5)),
  p90: rounded(quantile(values, 0.9)),
  p99: rounded(quantile(values, 0.99)),
  max: rounded(quantile(values, 1)),
});

export const latencyText = ({ p50, p90, p99, max }: Latency): string =>
  `p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms, longest ${max} ms`;
