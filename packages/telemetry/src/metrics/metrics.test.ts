import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { metricNames } from "../names.ts";
import { createMetrics, measuredServices } from "./create-metrics.ts";
import { exemplarOf } from "./exemplar.ts";
import { metricsPages } from "./open-metrics.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const OPEN = "application/openmetrics-text;version=1.0.0";

test("every named metric is exposed by a service, and counts by queue and type", async () => {
  const metrics = createMetrics("scheduler");
  metrics.jobCounters.jobsCompleted.inc({ queue: "documents", type: "document.summarise" }, 3);
  const pages = measuredServices.map((name) => createMetrics(name).registry.metrics());
  const all = (await Promise.all(pages)).join("\n");
  for (const name of Object.values(metricNames)) expect(all).toContain(`# TYPE ${name} `);
  expect(await metrics.registry.metrics()).toContain(
    `${metricNames.jobsCompleted}{queue="documents",type="document.summarise"} 3`,
  );
});

test("a service shows its own metrics alone", async () => {
  const shown = (service: (typeof measuredServices)[number]) =>
    createMetrics(service)
      .registry.getMetricsAsArray()
      .map(({ name }) => name);
  const shared = [metricNames.buildInfo, metricNames.ready];
  const calls = [metricNames.rpcCalls, metricNames.rpcDuration, metricNames.awaitedJobs];
  const both = (a: readonly string[], b: readonly string[]) => a.filter((name) => b.includes(name));
  expect(both(shown("worker"), shown("gateway"))).toEqual(shared);
  expect(both(shown("worker"), shown("scheduler"))).toEqual(shared);
  expect(both(shown("gateway"), shown("scheduler")).sort()).toEqual([...shared, ...calls].sort());
});

test("says which service and version it is", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(await createMetrics("gateway").registry.metrics()).toContain(
    `millrace_build_info{service="gateway",version="${version}",node="${process.version}"} 1`,
  );
});

test("two sets of metrics do not share counts", async () => {
  const first = createMetrics("gateway");
  first.rpcCalls.inc({ method: "m", code: "0" });
  expect(await createMetrics("gateway").registry.metrics()).not.toContain('method="m"');
});

test("OpenMetrics has the traces of observations as exemplars, and the text format stays as it was", async () => {
  const { registry, jobWait, ...metrics } = createMetrics("scheduler");
  const labels = { queue: "q", band: "batch", limited: "no" };
  const exemplarLabels = exemplarOf(`00-${traceId}-00f067aa0ba902b7-01`);
  jobWait.observe({ labels, value: 7, exemplarLabels });
  jobWait.observe({ labels, value: 70 });
  metrics.jobCounters.jobsFailed.inc({ queue: "q", type: "t" });
  const page = metricsPages(registry);
  const text = await page("text/plain");
  const open = await page(`${OPEN};q=0.9,text/plain;q=0.5`);
  expect(open.contentType).toContain("application/openmetrics-text");
  expect(open.body).toMatch(
    new RegExp(`_bucket\\{le="10",.*\\} 1 # \\{trace_id="${traceId}"\\} 7 [0-9.]+`),
  );
  expect(open.body.match(/trace_id/g)).toHaveLength(1);
  expect(open.body).toContain("# TYPE millrace_jobs_failed counter");
  expect(open.body).toContain('millrace_jobs_failed_total{queue="q",type="t"} 1');
  expect(open.body).toMatch(/# EOF\n$/);
  expect(text.contentType).toContain("text/plain");
  expect(text.body).not.toContain("trace_id");
  expect((await page("")).body).toBe(text.body);
});

test("a trace that is not sampled, and a malformed one, give no exemplar", () => {
  expect(exemplarOf(`00-${traceId}-00f067aa0ba902b7-00`)).toEqual({});
  for (const none of [undefined, "", "nonsense"]) expect(exemplarOf(none)).toEqual({});
});
