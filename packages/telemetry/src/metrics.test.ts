import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";
import { metricNames } from "./names.ts";

test("every named metric is exposed, and counts by queue and type", async () => {
  const metrics = createMetrics();
  metrics.jobsCompleted.inc({ queue: "documents", type: "document.summarise" }, 3);
  const text = await metrics.registry.metrics();
  for (const name of Object.values(metricNames)) expect(text).toContain(`# TYPE ${name} `);
  expect(text).toContain(
    `${metricNames.jobsCompleted}{queue="documents",type="document.summarise"} 3`,
  );
});

test("two sets of metrics do not share counts", async () => {
  const first = createMetrics();
  first.rpcCalls.inc({ method: "m", code: "0" });
  expect(await createMetrics().registry.metrics()).not.toContain('method="m"');
});
