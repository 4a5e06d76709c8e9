// Checks what only helm can check. Without helm on PATH these tests are skipped. chart-templates.test.ts and
// chart-values.test.ts still check the chart against the code.
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfiguration } from "@millrace/configuration";
import { type ConfigSpec, DEFAULT_DRAIN_MS, loadConfig } from "@millrace/runtime";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { GatewayConfig } from "../../services/gateway/src/config.ts";
import { SchedulerConfig } from "../../services/scheduler/src/config.ts";
import { scalingTarget } from "../../services/scheduler/src/scaling/scaling-target.ts";
import { workerConfig } from "../../services/worker/src/config.ts";

const folder = join(import.meta.dirname, "../../deploy/k8s");
const hasHelm = spawnSync("helm", ["version"]).status === 0;
const examples = readdirSync(join(folder, "values"));

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly automountServiceAccountToken: boolean;
  readonly containers: readonly {
    readonly args?: readonly string[];
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
    readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[];
    readonly securityContext: object;
  }[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template?: { readonly spec: Pod } };
}

const helm = (command: string, values: string, ...set: string[]) =>
  execFileSync(
    "helm",
    [
      ...command.split(" "),
      join(folder, "millrace"),
      ...["--kube-version", "1.33.0", "--values", join(folder, "values", values)],
      ...set.flatMap((one) => ["--set", one]),
    ],
    { encoding: "utf8" },
  );

const render = (values: string, ...set: string[]): Manifest[] =>
  parseAllDocuments(helm("template try", values, ...set))
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);

const pods = (manifests: readonly Manifest[]) =>
  manifests.flatMap(({ kind, metadata, spec }) =>
    spec?.template === undefined
      ? []
      : [{ name: `${kind} ${metadata.name}`, pod: spec.template.spec }],
  );

const specs: Readonly<Record<string, ConfigSpec<never>>> = {
  "services/gateway/src/main.ts": GatewayConfig as never,
  "services/scheduler/src/main.ts": SchedulerConfig as never,
  "services/worker/src/main.ts": workerConfig as never,
};

/** A stand-in for what a Secret has under a variable's name. */
const secretOf = (name: string): string =>
  name === "MILLRACE_WEBHOOK_KEY" ? randomBytes(32).toString("base64") : "redis://from-a-secret";

describe.skipIf(!hasHelm)("with helm on PATH", () => {
  test.each(examples)("helm lints the chart with values/%s", (values) => {
    expect(() => helm("lint --strict", values)).not.toThrow();
  });

  test.each(examples)("each service accepts the settings of values/%s", (values) => {
    const manifests = render(values);
    const maps = new Map(
      manifests
        .filter(({ kind }) => kind === "ConfigMap")
        .map(({ metadata, data }) => [metadata.name, data]),
    );
    let started = 0;
    for (const { name, pod } of pods(manifests)) {
      const [container] = pod.containers;
      const spec = specs[String(container?.args?.[0])];
      if (spec === undefined) continue;
      const env = Object.assign(
        {},
        ...(container?.envFrom ?? []).map(({ configMapRef }) => maps.get(configMapRef.name)),
        ...(container?.env ?? []).map((one) => ({
          [one.name]: one.value ?? secretOf(one.name),
        })),
      );
      expect(() => loadConfig(spec, env), name).not.toThrow();
      const { MILLRACE_LINGER_MS: lingerMs = 0 } = env as Record<string, number>;
      const leastMs = Number(lingerMs) + DEFAULT_DRAIN_MS;
      if (lingerMs !== 0)
        expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(leastMs);
      started += 1;
    }
    expect(started).toBeGreaterThanOrEqual(3);
  });

  test.each(examples)("every pod of values/%s has a restricted security context", (values) => {
    const all = pods(render(values));
    expect(all.length).toBeGreaterThanOrEqual(3);
    for (const { name, pod } of all) {
      expect(pod, name).toMatchObject({
        enableServiceLinks: false,
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      });
      for (const { securityContext } of pod.containers) {
        expect(securityContext, name).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
      }
    }
  });

  test("a scheduler accepts its mounted configuration file", () => {
    const manifests = render("configuration.yaml");
    const text = manifests.flatMap(({ data }) => data?.["millrace.yaml"] ?? [])[0] ?? "";
    const parsed = parseConfiguration(text);
    if (parsed.kind === "wrong") throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.configuration.queues.length).toBeGreaterThan(0);
    const scheduler = pods(manifests).find(({ name }) => name.endsWith("-scheduler"));
    expect(scheduler?.pod.containers).toMatchObject([
      { volumeMounts: [{ mountPath: "/tokens" }, { mountPath: "/configuration" }] },
    ]);
  });

  test("with an object store no pod has a volume of documents, and those that use it have its Secret", () => {
    const manifests = render("object-store.yaml");
    expect(manifests.some(({ kind }) => kind === "PersistentVolumeClaim")).toBe(false);
    expect(JSON.stringify(manifests)).not.toContain('/documents"');
    const withKeys = pods(manifests).filter(({ pod }) =>
      JSON.stringify(pod.containers).includes(
        '"name":"millrace-object-store","key":"access-key-id"',
      ),
    );
    // The courier reads no documents, and schedulers only if they are asked to.
    expect(withKeys.map(({ name }) => name)).toEqual([
      "Deployment try-millrace-gateway",
      "Deployment try-millrace-worker-default",
    ]);
    const policies = manifests.filter(
      ({ kind, spec }) =>
        kind === "NetworkPolicy" &&
        JSON.stringify(spec).includes('[{"port":8333,"protocol":"TCP"}]'),
    );
    expect(policies.map(({ metadata }) => metadata.name)).toEqual([
      "try-millrace-gateway",
      "try-millrace-worker-default",
    ]);
  });

  test("without a Secret the pods use the identity of their service account", () => {
    const manifests = render("object-store.yaml", "documents.s3.existingSecret=");
    expect(JSON.stringify(manifests)).not.toContain("AWS_");
    expect(JSON.stringify(manifests)).toContain("s3://millrace-documents/production");
  });

  test("helm refuses an external Redis without its Secret and says what to set", () => {
    const { status, stderr } = spawnSync(
      "helm",
      [
        ...["template", "try", join(folder, "millrace"), "--kube-version", "1.33.0"],
        ...["--set", "redis.enabled=false"],
      ],
      { encoding: "utf8" },
    );
    expect(status).not.toBe(0);
    expect(stderr).toContain("externalRedis.existingSecret");
  });

  const rendered = (...set: string[]) =>
    parseAllDocuments(
      execFileSync(
        "helm",
        [
          ...["template", "try", join(folder, "millrace"), "--kube-version", "1.33.0"],
          ...["--values", join(folder, "values/single-node.yaml")],
          ...set.flatMap((one) => ["--set", `metrics.${one}`]),
        ],
        { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
      ),
    ).map((document) => document.toJS() as (Manifest & { readonly spec: object }) | null);

  test("the PrometheusRule has the alerts of deploy/prometheus, unchanged", () => {
    const rule = rendered("prometheusRule.enabled=true").find(
      (one) => one?.kind === "PrometheusRule",
    );
    const alerts = readFileSync(join(folder, "../prometheus/alerts.yaml"), "utf8");
    expect(rule?.spec).toEqual(parse(alerts));
    expect(rendered().some((one) => one?.kind === "PrometheusRule")).toBe(false);
  });

  test("the ServiceMonitor selects the Service of the metrics, which has the pods of all services", () => {
    const all = rendered("serviceMonitor.enabled=true", "serviceMonitor.labels.release=kube");
    const find = (kind: string, name: string) =>
      all.find((one) => one?.kind === kind && one.metadata.name === name) as unknown as {
        metadata: { labels: Record<string, string> };
        spec: {
          selector: Record<string, string> & { matchLabels: Record<string, string> };
          ports: unknown;
          endpoints: unknown;
        };
      };
    const monitor = find("ServiceMonitor", "try-millrace");
    const service = find("Service", "try-millrace-metrics");
    expect(monitor.metadata.labels.release).toBe("kube");
    expect(service.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels);
    expect(monitor.spec.endpoints).toEqual([{ port: "metrics", interval: "15s" }]);
    expect(service.spec.ports).toEqual([{ name: "metrics", port: 7070, targetPort: "metrics" }]);
    const measured = pods(all.filter((one) => one !== null)).filter(({ pod }) =>
      JSON.stringify(pod).includes('"name":"metrics"'),
    );
    // The gateway, the scheduler, the workers and the courier.
    expect(measured).toHaveLength(4);
    expect(Object.keys(service.spec.selector)).not.toContain("app.kubernetes.io/component");
    expect(() => rendered("serviceMonitor.enabled=true", "podMonitor.enabled=true")).toThrow();
  });

  test("a scheduler accepts the metadata of each ScaledObject, and KEDA may reach it", () => {
    const manifests = render("scale-on-demand.yaml") as (Manifest & { readonly spec: unknown })[];
    const scaled = manifests.filter(({ kind }) => kind === "ScaledObject") as unknown as {
      metadata: { name: string };
      spec: {
        scaleTargetRef: { name: string };
        triggers: [{ metadata: Record<string, string> }];
      };
    }[];
    const targets = scaled.map(({ spec }) => scalingTarget(spec.triggers[0].metadata));
    expect(targets).toEqual([
      { queues: ["documents"], pools: new Set(), withoutPool: true, targetPerReplica: 4 },
      { queues: ["documents"], pools: new Set(["gpu"]), withoutPool: false, targetPerReplica: 2 },
    ]);
    for (const { spec } of scaled) {
      const [{ metadata }] = spec.triggers;
      expect(metadata.scalerAddress).toBe("try-millrace-scheduler.default:7077");
      const deployment = manifests.find(
        ({ metadata }) => metadata.name === spec.scaleTargetRef.name,
      );
      expect(deployment?.spec).not.toHaveProperty("replicas");
    }
    const policy = manifests.find(
      ({ kind, metadata }) =>
        kind === "NetworkPolicy" && metadata.name === "try-millrace-scheduler",
    )?.spec as unknown as { ingress: unknown[] };
    expect(policy.ingress).toContainEqual({
      ports: [{ port: 7077, protocol: "TCP" }],
      from: [
        { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "keda-system" } } },
      ],
    });
    expect(JSON.stringify(render("single-node.yaml"))).not.toContain("7077");
  });

  test("helm refuses to scale a group in two ways", () => {
    const { status, stderr } = spawnSync(
      "helm",
      [
        ...["template", "try", join(folder, "millrace"), "--kube-version", "1.33.0"],
        ...["--values", join(folder, "values/scale-on-demand.yaml")],
        ...["--set", "workers.gpu.autoscaling.enabled=true"],
      ],
      { encoding: "utf8" },
    );
    expect(status).not.toBe(0);
    expect(stderr).toContain("workers.gpu: choose one of autoscaling and scaleOnDemand");
  });
});
