import { randomBytes } from "node:crypto";
// Checks the chart against the services' code. It reads the templates as text, so it needs no helm.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_DRAIN_MS, loadConfig } from "@millrace/runtime";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { GatewayConfig } from "../../services/gateway/src/config.ts";
import { SchedulerConfig } from "../../services/scheduler/src/config.ts";
import { leaveMs, workerConfig } from "../../services/worker/src/config.ts";
import { allowsSetting } from "./chart-values.ts";

const root = join(import.meta.dirname, "../..");
const chart = join(root, "deploy/k8s/millrace");
const read = (path: string) => readFileSync(join(chart, path), "utf8");

const specs = { gateway: GatewayConfig, scheduler: SchedulerConfig, worker: workerConfig };
type Service = keyof typeof specs;
const services = Object.keys(specs) as Service[];

/** The chart has no client certificates. In a cluster, a service mesh provides mutual TLS. */
const bothSides = "the chart mounts no certificates for callers";
const callerCertificate = {
  MILLRACE_SCHEDULER_CERT_FILE: bothSides,
  MILLRACE_SCHEDULER_KEY_FILE: bothSides,
};

/** Settings that neither the chart nor the operator sets in a pod, each with the reason. */
const leftAlone: Readonly<Record<Service, Readonly<Record<string, string>>>> = {
  gateway: {
    ...callerCertificate,
    MILLRACE_INTERNAL_TOKEN: "the chart gives tokens by files, which can be replaced",
    MILLRACE_TLS_CLIENT_CA_FILE: bothSides,
    MILLRACE_GATEWAY_PORT: "its default is the container's port",
    MILLRACE_HTTP_PORT: "its default is the container's port",
    MILLRACE_METRICS_PORT: "its default is the container's port",
  },
  scheduler: {
    MILLRACE_INTERNAL_TOKEN: "the chart gives tokens by files, which can be replaced",
    MILLRACE_WORKER_TOKEN: "the chart gives tokens by files, which can be replaced",
    MILLRACE_ADMIN_TOKEN: "the chart gives tokens by files, which can be replaced",
    MILLRACE_WEBHOOK_KEY_FILE: "the chart gives the key by a variable",
    MILLRACE_TLS_CLIENT_CA_FILE: bothSides,
    MILLRACE_SCHEDULER_PORT: "its default is the container's port",
    MILLRACE_WORKER_PORT: "its default is the container's port",
    MILLRACE_ADMIN_PORT: "its default is where the command line looks",
    MILLRACE_ADMIN_HTTP_PORT: "its default is beside the port for gRPC",
    MILLRACE_ADMIN_ALLOWED_ORIGINS: "the listener is on loopback, where no page is served from",
    MILLRACE_METRICS_PORT: "its default is the container's port",
    MILLRACE_SCHEDULER_ID: "its default holds the pod's name",
    MILLRACE_REDIS_PASSWORD_FILE: "the chart gives passwords by variables",
    MILLRACE_REDIS_SENTINEL_PASSWORD_FILE: "the chart gives passwords by variables",
  },
  worker: {
    ...callerCertificate,
    MILLRACE_WORKER_TOKEN: "the chart gives tokens by files, which can be replaced",
    MILLRACE_METRICS_PORT: "its default is the container's port",
    MILLRACE_WORKER_ID: "its default holds the pod's name",
    OPENAI_API_KEY: "a secret: secretEnv",
  },
};

/** Returns the template's text, with the parts of others that it includes. */
function configOf(service: Service): string {
  const own = read(
    `templates/${service}/${service === "worker" ? "_settings.tpl" : "config.yaml"}`,
  );
  const shared = read("templates/_tls.tpl") + read("templates/_documents.tpl");
  const included = [
    ...own.matchAll(/include "(millrace\.(?:tls|schedulerCa|documents)Settings)"/g),
  ].map(([, name]) => shared.split(`define "${name}"`)[1]?.split("{{- end -}}")[0] ?? "");
  return [own, ...included].join("\n");
}
const deploymentOf = (service: Service) =>
  [
    read(`templates/${service}/deployment.yaml`),
    ...(service === "scheduler" ? [read("templates/scheduler/_redis.tpl")] : []),
  ].join("\n");

/** Returns the variables of a pod, with stand-ins for values that Helm computes. */
function environmentOf(service: Service): Record<string, string> {
  const plain = [...configOf(service).matchAll(/^ *([A-Z][A-Z0-9_]+): (.+)$/gm)].map(
    ([, name, value]) => [name, value?.includes("{{") ? "1000" : value?.replace(/^"(.*)"$/, "$1")],
  );
  const fromSecrets = [
    ...deploymentOf(service).matchAll(/(?:- name: |- \{ name: )([A-Z][A-Z_]+)/g),
  ].map(([, name]) => [
    name,
    name === "MILLRACE_WEBHOOK_KEY" ? randomBytes(32).toString("base64") : "redis://from-a-secret",
  ]);
  return Object.fromEntries([...plain, ...fromSecrets]);
}

/** There are several ways to configure Redis and its authentication. By default only a URL is set. */
const isOtherRedis = (name: string) => /^MILLRACE_REDIS_(?!URL$)/.test(name);

/** Documents are on a volume, or in an object store. By default they are on a volume. */
const isObjectStore = (name: string) => /^MILLRACE_(DOCUMENTS_)?S3/.test(name);

/** Returns the configuration of the service in its pod, by default. */
const configured = (service: Service): Readonly<Record<string, unknown>> =>
  loadConfig<Record<string, never>>(
    specs[service] as never,
    Object.fromEntries(
      Object.entries(environmentOf(service)).filter(
        ([name]) => !isOtherRedis(name) && !isObjectStore(name),
      ),
    ),
  );

const variablesOf = (service: Service) =>
  Object.values(specs[service].settings).map(({ env }) => env as string);

test.each(services)("the chart sets only variables that the %s reads", (service) => {
  const set = Object.keys(environmentOf(service));
  expect(set.length).toBeGreaterThan(2);
  expect(set.filter((name) => !variablesOf(service).includes(name))).toEqual([]);
});

test.each(services)("the %s accepts the settings of the chart", (service) => {
  expect(() => configured(service)).not.toThrow();
});

test.each(services)(
  "each setting of the %s is set by the chart, allowed to the operator, or listed with a reason",
  (service) => {
    const set = Object.keys(environmentOf(service));
    const places = variablesOf(service).map((name) => ({
      name,
      times:
        Number(set.includes(name)) +
        Number(allowsSetting(service, name)) +
        Number(Object.hasOwn(leftAlone[service], name)),
    }));
    expect(
      places.filter(({ times }) => times !== 1),
      `set it in deploy/k8s/millrace/templates/${service}, allow it in values.schema.json, or name it in this file`,
    ).toEqual([]);
  },
);

test.each(services)("secrets of the %s are in no ConfigMap and no argument", (service) => {
  const secret = /TOKEN|SECRET|PASSWORD|_KEY(?!_FILE)|REDIS_URL/;
  expect(
    configOf(service)
      .match(/^ *[A-Z_]+:/gm)
      ?.filter((name) => secret.test(name)),
  ).toEqual([]);
  const args = /^ *(args|command):.*$/gm;
  expect(
    deploymentOf(service)
      .match(args)
      ?.filter((line) => secret.test(line)),
  ).toEqual([]);
});

const portsOf = (service: Service) => {
  const config = configured(service) as Record<string, number>;
  const { port, httpPort, workerPort, metricsPort, scalerPort } = config;
  return {
    gateway: { grpc: port, http: httpPort, metrics: metricsPort },
    scheduler: { gateways: port, workers: workerPort, metrics: metricsPort, scaler: scalerPort },
    worker: { metrics: metricsPort },
  }[service];
};

test.each(services)("the pods of the %s open the ports that it listens on", (service) => {
  const named = [...deploymentOf(service).matchAll(/\{ name: (\w+), containerPort: (\d+) \}/g)];
  expect(Object.fromEntries(named.map(([, name, port]) => [name, Number(port)]))).toEqual(
    portsOf(service),
  );
});

test.each(["gateway", "scheduler"] as const)(
  "the Kubernetes services of the %s lead to its ports",
  (service) => {
    const named = [
      ...read(`templates/${service}/service.yaml`).matchAll(
        /name: (\w+), port: (\d+), targetPort: (\w+)/g,
      ),
    ];
    expect(named.length).toBeGreaterThan(0);
    for (const [, name, port, target] of named) {
      expect(target).toBe(name);
      expect(portsOf(service)).toMatchObject({ [String(name)]: Number(port) });
    }
  },
);

test("gateways and workers use the scheduler's ports, and the network policies allow that", () => {
  const { gateways, workers, scaler } = portsOf("scheduler") as Record<string, number>;
  expect(configOf("gateway")).toContain(`-scheduler:${gateways}\n`);
  expect(configOf("worker")).toContain(`-scheduler:${workers}\n`);
  const policies = read("templates/network-policies.yaml");
  const opened = [...policies.matchAll(/port: (\d+),/g)].map(([, port]) => Number(port));
  const { grpc, http } = portsOf("gateway") as Record<string, number>;
  expect(new Set(opened)).toEqual(new Set([grpc, http, gateways, workers, scaler, 6379]));
});

test("operators use a command in the pod, because the operators' port is closed to the network", () => {
  expect(configured("scheduler")).toMatchObject({ adminHost: "127.0.0.1" });
  expect(read("templates/NOTES.txt")).toContain("-scheduler -- millrace queues put");
});

test("probes and scrapes use paths that the services answer", () => {
  const answered = readFileSync(join(root, "packages/runtime/src/serve-metrics.ts"), "utf8");
  const pod = read("templates/_pod.tpl");
  const asked = [...pod.matchAll(/path: (\/\w+)/g)].map(([, path]) => path);
  expect(new Set(asked)).toEqual(new Set(["/healthz", "/readyz", "/metrics"]));
  for (const path of asked) expect(answered).toContain(`"${path}"`);
});

const SPARE_S = 5;

test.each(["gateway", "scheduler"] as const)("the %s has time to linger and drain", (service) => {
  const more = /terminationGracePeriodSeconds: \{\{ add \.Values\.lingerSeconds (\d+) \}\}/;
  const seconds = Number(more.exec(deploymentOf(service))?.[1]);
  expect(seconds).toBeGreaterThanOrEqual(DEFAULT_DRAIN_MS / 1_000 + SPARE_S);
  expect(configOf(service)).toContain(
    "MILLRACE_LINGER_MS: {{ mul .Values.lingerSeconds 1000 | quote }}",
  );
});

test("gateways and schedulers linger for longer than the cluster's DNS keeps an answer", () => {
  const { lingerSeconds } = parse(read("values.yaml")) as { lingerSeconds: number };
  // CoreDNS caches names of the cluster for 30 s. The last of eight leaves comes an eighth of the linger before its end.
  expect((lingerSeconds * 7) / 8).toBeGreaterThan(30);
});

test("workers have time to drain, to disconnect, and to spare", () => {
  const more = /terminationGracePeriodSeconds: \{\{ add \$own\.drainSeconds (\d+) \}\}/;
  const seconds = Number(more.exec(deploymentOf("worker"))?.[1]);
  expect(seconds).toBeGreaterThanOrEqual(leaveMs / 1_000 + SPARE_S);
  expect(configOf("worker")).toContain(
    "MILLRACE_DRAIN_MS: {{ mul .own.drainSeconds 1000 | quote }}",
  );
});

test("Kubernetes adds no variables of its own, because their names look like settings", () => {
  expect(read("templates/_pod.tpl")).toContain("\nenableServiceLinks: false\n");
});

test.each(services)("the pods of the %s run an existing program", (service) => {
  const values = parse(read("values.yaml")) as { workerDefaults: { args: string[] } };
  const path =
    service === "worker"
      ? values.workerDefaults.args[0]
      : /args: \[(.*)\]/.exec(deploymentOf(service))?.[1];
  expect(path).toBe(`services/${service}/src/main.ts`);
  expect(existsSync(join(root, String(path)))).toBe(true);
});

test("the chart and the image have the project's version", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(parse(read("Chart.yaml"))).toMatchObject({ version, appVersion: version });
});
