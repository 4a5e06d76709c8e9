// Checks the chart's values against its schema with a JSON Schema validator, so it needs no helm.
import { parseConfiguration } from "@millrace/configuration";
import { ConfigurationSchema } from "@millrace/proto/admin-service";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { problemsOf, valuesFiles } from "./chart-values.ts";

const parts = ConfigurationSchema.fields.map(({ name }) => name);

test.each(valuesFiles)("the schema accepts %s", (_name, values) => {
  expect(problemsOf(values)).toEqual([]);
});

const declared = valuesFiles.flatMap(([name, values]): [string, object][] => {
  const { configuration = {} } = values as { configuration?: object };
  return Object.keys(configuration).length === 0 ? [] : [[name, configuration]];
});

test.each(declared)("a scheduler accepts the configuration of %s", (_name, configuration) => {
  const parsed = parseConfiguration(stringify(configuration));
  expect(parsed.kind === "wrong" ? parsed.problems : []).toEqual([]);
});

test.each(parts)("the schema accepts the part %s of a configuration", (part) => {
  expect(problemsOf({ configuration: { [part]: [] } })).toEqual([]);
});

test.each([
  ["an unknown value", { gatway: { replicas: 2 } }],
  ["an unknown setting", { scheduler: { settings: { MILLRACE_LEASES_MS: 1 } } }],
  ["a setting that the chart sets", { gateway: { settings: { MILLRACE_GATEWAY_HOST: "::" } } }],
  ["a secret among the settings", { workers: { any: { settings: { OPENAI_API_KEY: "sk" } } } }],
  ["another service's token", { workers: { any: { settings: { MY_TOKEN: "t" } } } }],
  ["collector headers, which may hold secrets", { otel: { OTEL_EXPORTER_OTLP_HEADERS: "a" } }],
  ["no gateway", { gateway: { replicas: 0 } }],
  ["half a worker", { workerDefaults: { replicas: 0.5 } }],
  ["a secret without a key", { gateway: { secretEnv: { A: { name: "b" } } } }],
  [
    "a token from elsewhere",
    { gateway: { secretEnv: { MILLRACE_INTERNAL_TOKEN: { name: "a", key: "b" } } } },
  ],
  ["a linger longer than the services accept", { lingerSeconds: 601 }],
  [
    "a trigger that would never count a job",
    { workers: { any: { scaleOnDemand: { queue: "a" } } } },
  ],
  ["a drain longer than the service accepts", { workerDefaults: { drainSeconds: 3_601 } }],
  ["a group whose name is not a valid label", { workers: { "GPU workers": {} } }],
  ["appendfsync turned off", { redis: { appendfsync: "no" } }],
  ["a bucket with a slash", { documents: { s3: { bucket: "a/b" } } }],
  ["an endpoint that is no URL", { documents: { s3: { endpoint: "seaweedfs:8333" } } }],
  ["a read-only volume", { documents: { accessMode: "ReadOnlyMany" } }],
])("the schema refuses %s", (_name, values) => {
  expect(problemsOf(values)).not.toEqual([]);
});

test.each([
  ["an idle group of workers", { workers: { gpu: { replicas: 0 } } }],
  ["settings of a custom worker", { workers: { gpu: { settings: { MODEL_PATH: "/m" } } } }],
  ["the longest linger", { lingerSeconds: 600 }],
  ["workers on demand", { workers: { any: { scaleOnDemand: { enabled: true, maxReplicas: 1 } } } }],
  ["the longest drain", { workerDefaults: { drainSeconds: 3_600 } }],
])("the schema accepts %s", (_name, values) => {
  expect(problemsOf(values)).toEqual([]);
});
