// What platforms ask of a chart, rendered with values/platform.yaml. Without helm on PATH these tests are skipped.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { problemsOf } from "./chart-values.ts";

const folder = join(import.meta.dirname, "../../deploy/k8s");
const hasHelm = spawnSync("helm", ["version"]).status === 0;

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: { readonly requests?: { readonly cpu: string; readonly memory: string } };
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: object };
  readonly data?: object;
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly replicas?: number;
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: Readonly<Record<string, unknown>> & { readonly containers: Container[] };
    };
  };
}

const render = (...options: string[]): Manifest[] =>
  parseAllDocuments(
    execFileSync(
      "helm",
      ["template", "try", join(folder, "millrace"), "--kube-version", "1.33.0", ...options],
      { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
    ),
  )
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);

const platform = (...set: string[]) =>
  render("--values", join(folder, "values/platform.yaml"), ...set.flatMap((one) => ["--set", one]));

const find = (all: readonly Manifest[], kind: string, name: string): Manifest => {
  const found = all.find((one) => one.kind === kind && one.metadata.name === `try-millrace${name}`);
  if (found === undefined) throw new Error(`${kind} ${name} is not rendered`);
  return found;
};

const podOf = (all: readonly Manifest[], name: string) => {
  const { template } = find(all, "Deployment", name).spec;
  if (template === undefined) throw new Error(`${name} has no pods`);
  return template;
};

/** "250m" as 0.25, "768Mi" as 768. */
const amount = (text: string): number =>
  text.endsWith("m") ? Number(text.slice(0, -1)) / 1_000 : Number(text.replace("Mi", ""));

describe.skipIf(!hasHelm)("with helm on PATH", () => {
  test("all images come from the registry of the platform, by digest if one is given", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const images = platform(`image.digest=${digest}`).flatMap(({ spec }) =>
      (spec?.template?.spec.containers ?? [])
        .filter(({ name }) => name !== "log-shipper")
        .map(({ image }) => image),
    );
    const mirror = "registry.example.com/mirror";
    expect(new Set(images)).toEqual(
      new Set([`${mirror}/millrace@${digest}`, `${mirror}/redis:7.2-bookworm`]),
    );
    expect(podOf(platform(), "-gateway").spec.containers[0]?.image).toBe(
      `${mirror}/millrace:0.1.0`,
    );
  });

  test("the cluster may assign the user and the groups", () => {
    const { securityContext } = podOf(platform(), "-worker-default").spec;
    expect(securityContext).toEqual({
      runAsNonRoot: true,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    });
  });

  test("pods get labels, variables, volumes, sidecars and an identity", () => {
    const all = platform();
    expect(podOf(all, "-gateway").metadata.labels).toMatchObject({ team: "platform" });
    expect(podOf(all, "-gateway").spec.containers.map(({ name }) => name)).toEqual([
      ...["gateway", "log-shipper"],
    ]);
    const worker = podOf(all, "-worker-courier").spec;
    expect(worker.containers[0]?.env).toContainEqual({
      ...{ name: "HTTPS_PROXY", value: "http://proxy.example.com:3128" },
    });
    expect(worker.volumes).toContainEqual({
      name: "company-ca",
      configMap: { name: "company-ca" },
    });
    expect(find(all, "ServiceAccount", "").metadata.annotations).toBeDefined();
    const others = platform("serviceAccount.create=false", "serviceAccount.name=mine");
    expect(others.some(({ kind }) => kind === "ServiceAccount")).toBe(false);
    expect(podOf(others, "-scheduler").spec.serviceAccountName).toBe("mine");
  });

  test("a pod's own labels cannot change what selectors select", () => {
    const label = "gateway.podLabels.app\\.kubernetes\\.io/component=other";
    expect(podOf(platform(label), "-gateway").metadata.labels).toMatchObject({
      "app.kubernetes.io/component": "gateway",
    });
  });

  test("pods of one version are spread, unless the platform has constraints of its own", () => {
    const all = platform();
    const constraints = podOf(all, "-gateway").spec.topologySpreadConstraints;
    expect(constraints).toMatchObject(
      ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
        ...{ topologyKey, whenUnsatisfiable: "ScheduleAnyway" },
        matchLabelKeys: ["pod-template-hash"],
      })),
    );
    expect(podOf(all, "-scheduler").spec.topologySpreadConstraints).toMatchObject([
      { whenUnsatisfiable: "DoNotSchedule" },
    ]);
  });

  test("disruption budgets can be changed and left out", () => {
    const all = platform("scheduler.disruptionBudget.enabled=false");
    const { maxUnavailable, minAvailable } = find(all, "PodDisruptionBudget", "-gateway").spec;
    expect([maxUnavailable, minAvailable]).toEqual([undefined, "50%"]);
    expect(find(all, "PodDisruptionBudget", "-worker-default").spec.maxUnavailable).toBe(1);
    expect(() => find(all, "PodDisruptionBudget", "-scheduler")).toThrow();
  });

  test("Services say who may reach gateways and schedulers from outside", () => {
    const all = platform("gateway.service.nodePorts.grpc=30400");
    expect(find(all, "Service", "-gateway").spec).toMatchObject({
      ...{ type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.0/8"] },
      ...{ externalTrafficPolicy: "Local", ports: [{ nodePort: 30400 }, {}] },
    });
    expect(find(all, "Service", "-scheduler-workers").spec).toMatchObject({
      ...{ type: "LoadBalancer", ports: [{ port: 7072 }] },
    });
    const { ingress } = find(all, "NetworkPolicy", "-scheduler").spec;
    expect(ingress).toContainEqual({
      ports: [{ port: 7072, protocol: "TCP" }],
      from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "gpu" } } }],
    });
    expect(() => find(render(), "Service", "-scheduler-workers")).toThrow();
  });

  test("only schedulers may call the Kubernetes API, only to patch pods, and only if they are told to", () => {
    const token = /serviceAccountToken/;
    const all = render("--set", "scheduler.podDeletionCost.enabled=true");
    expect(find(all, "Role", "-pods")).toMatchObject({
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["patch"] }],
    });
    expect(find(all, "RoleBinding", "-pods")).toMatchObject({
      subjects: [{ kind: "ServiceAccount", name: "try-millrace" }],
    });
    const ports = [443, 6443].map((port) => ({ port, protocol: "TCP" }));
    expect(find(all, "NetworkPolicy", "-scheduler").spec.egress).toContainEqual({ ports });
    const holders = all.filter((one) => token.test(JSON.stringify(one)));
    expect(holders.map(({ metadata }) => metadata.name)).toEqual(["try-millrace-scheduler"]);
    const plain = render();
    expect(plain.filter((one) => token.test(JSON.stringify(one)))).toEqual([]);
    expect(plain.some(({ kind }) => kind === "Role")).toBe(false);
    expect(find(plain, "NetworkPolicy", "-scheduler").spec.egress).not.toContainEqual({ ports });
  });

  test("an autoscaler passes on how fast it may change", () => {
    expect(find(platform(), "HorizontalPodAutoscaler", "-worker-default").spec.behavior).toEqual({
      scaleDown: { stabilizationWindowSeconds: 600 },
    });
  });

  test("further objects are templates", () => {
    expect(platform().find(({ metadata }) => metadata.name === "try-notes")?.data).toEqual({
      version: "0.1.0",
    });
  });

  test("schedulers reach Redis by an address that stays, under a name that is no headless Service's", () => {
    const all = render();
    expect(find(all, "Service", "-redis-server").spec.clusterIP).toBeUndefined();
    expect(find(all, "Service", "-redis").spec.clusterIP).toBe("None");
    expect(find(all, "StatefulSet", "-redis").spec.serviceName).toBe("try-millrace-redis");
    expect(JSON.stringify(find(all, "Secret", "-redis"))).toContain(
      "@try-millrace-redis-server:6379",
    );
  });

  test("Redis may have a Secret of one's own", () => {
    const all = render("--set", "redis.existingSecret=mine");
    expect(() => find(all, "Secret", "-redis")).toThrow();
    expect(JSON.stringify(podOf(all, "-scheduler"))).toContain('{"name":"mine","key":"redis-url"}');
    expect(JSON.stringify(find(all, "StatefulSet", "-redis"))).toContain('"secretName":"mine"');
  });

  test("what the defaults request fits one node of two cores and 8 GiB", () => {
    let cpu = 0;
    let memory = 0;
    for (const { spec } of render()) {
      for (const { resources } of spec?.template?.spec.containers ?? []) {
        cpu += (spec.replicas ?? 1) * amount(resources.requests?.cpu ?? "9");
        memory += (spec.replicas ?? 1) * amount(resources.requests?.memory ?? "9000Mi");
      }
    }
    // A node keeps some of its processors and memory for itself and for the pods of the cluster.
    expect(cpu).toBeLessThan(1.5);
    expect(memory).toBeLessThan(6_000);
  });
});

test.each([
  ["a secret among plain variables", { gateway: { env: { OPENAI_API_KEY: "sk" } } }],
  ["a setting among plain variables", { gateway: { env: { MILLRACE_LOG_LEVEL: "debug" } } }],
  ["a digest that is cut", { image: { digest: "sha256:abc" } }],
  ["a range that is no CIDR", { gateway: { service: { loadBalancerSourceRanges: ["10.0.0.1"] } } }],
  ["a mount without a path", { scheduler: { extraVolumeMounts: [{ name: "ca" }] } }],
  ["a budget of more than all", { gateway: { disruptionBudget: { minAvailable: "101%" } } }],
])("the schema refuses %s", (_name, values) => {
  expect(problemsOf(values)).not.toEqual([]);
});
