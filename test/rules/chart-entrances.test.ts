// Ways into the cluster and `helm test`, as helm renders them. Without helm on PATH these tests are skipped.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseApiKey } from "@millrace/shared";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { problemsOf } from "./chart-values.ts";

const folder = join(import.meta.dirname, "../../deploy/k8s");
const hasHelm = spawnSync("helm", ["version"]).status === 0;

interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

function render(values: string | undefined, ...set: string[]): Manifest[] {
  const text = execFileSync(
    "helm",
    [
      ...["template", "try", join(folder, "millrace"), "--kube-version", "1.33.0"],
      ...(values === undefined ? [] : ["--values", join(folder, "values", values)]),
      ...set.flatMap((one) => ["--set", one]),
    ],
    { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
  );
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

const named = (all: readonly Manifest[], kind: string, name: string): Manifest => {
  const found = all.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`${kind} ${name} is not rendered`);
  return found;
};

describe.skipIf(!hasHelm)("with helm on PATH", () => {
  test("Ingress, routes of the Gateway API and a job of helm test are off by default", () => {
    const kinds = new Set(render(undefined).map(({ kind }) => kind));
    for (const kind of ["Ingress", "HTTPRoute", "GRPCRoute"]) expect(kinds).not.toContain(kind);
  });

  test.each([
    ["http", 7480],
    ["grpc", 7400],
  ])("an Ingress leads %s to its port of the gateway's Service", (kind, number) => {
    const all = render("ingress-nginx.yaml");
    const host = `${kind === "grpc" ? "grpc." : ""}millrace.example.com`;
    const service = { name: "try-millrace-gateway", port: { number } };
    expect(named(all, "Ingress", `try-millrace-${kind}`).spec).toEqual({
      ingressClassName: "nginx",
      tls: [{ hosts: [host], secretName: host.replaceAll(".", "-") }],
      rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend: { service } }] } }],
    });
  });

  test.each([
    ["http", "HTTPRoute", 7480],
    ["grpc", "GRPCRoute", 7400],
  ])("a route of the Gateway API leads %s to its port", (name, kind, port) => {
    const { spec } = named(render("gateway-api.yaml"), kind, `try-millrace-${name}`);
    expect(spec).toMatchObject({
      parentRefs: [{ name: "millrace", sectionName: name }],
      hostnames: [`${name === "grpc" ? "grpc." : ""}millrace.example.com`],
      rules: [{ backendRefs: [{ name: "try-millrace-gateway", port }] }],
    });
  });

  test("a route without a Gateway is refused, and says what to set", () => {
    expect(() => render(undefined, "gatewayApi.http.enabled=true")).toThrow(
      "gatewayApi.http.parentRefs",
    );
  });

  const podOf = (...set: string[]) => {
    const { metadata, spec } = named(render(undefined, ...set), "Pod", "try-millrace-test");
    expect(metadata.annotations?.["helm.sh/hook"]).toBe("test");
    return spec as {
      readonly containers: readonly [{ readonly args: readonly string[]; readonly env: object[] }];
      readonly volumes?: object[];
    };
  };

  test("helm test asks for an answer without a key, and submits a job with one", () => {
    const [without] = podOf().containers;
    expect(without.args[0]).toBe("--eval");
    // A text that is no key would be refused by the gateway alone.
    const made = (without.env as { name: string; value?: string }[]).at(-1)?.value ?? "";
    expect(parseApiKey(made)).toBeDefined();
    const [{ args, env }] = podOf("test.existingSecret=callers", "test.queue=mail").containers;
    expect(args.slice(1, 3)).toEqual(["submit", "chat"]);
    expect(JSON.parse(String(args[3]))).toHaveProperty("messages");
    expect(args).toContain("--queue=mail");
    expect(env).toContainEqual({
      name: "MILLRACE_API_KEY",
      valueFrom: { secretKeyRef: { name: "callers", key: "api-key" } },
    });
  });

  test("helm test trusts the gateway's authority, unless it calls an address from outside", () => {
    const ca = { name: "MILLRACE_TLS_CA", value: "/tls/ca.crt" };
    const inside = podOf("tls.gateway.existingSecret=cert");
    expect(inside.containers[0].env).toContainEqual(ca);
    expect(inside.volumes).toHaveLength(1);
    const outside = podOf("tls.gateway.existingSecret=cert", "test.address=https://a.example.com");
    expect(outside.containers[0].env).not.toContainEqual(ca);
    expect(outside.containers[0].env).toContainEqual({
      ...{ name: "MILLRACE_ADDRESS", value: "https://a.example.com" },
    });
  });

  test("helm test may reach gateways whose callers are limited", () => {
    const { spec } = named(render("ingress-nginx.yaml"), "NetworkPolicy", "try-millrace-gateway");
    const [{ from }] = spec.ingress as [{ from: object[] }];
    expect(from).toMatchObject([
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ingress-nginx" } } },
      { podSelector: { matchLabels: { "app.kubernetes.io/component": "test" } } },
    ]);
  });
});

test.each([
  ["a host with a path", { ingress: { http: { host: "example.com/jobs" } } }],
  ["a Gateway without a name", { gatewayApi: { http: { parentRefs: [{ sectionName: "a" }] } } }],
  ["a payload that is a text", { test: { payload: "{}" } }],
])("the schema refuses %s", (_name, values) => {
  expect(problemsOf(values)).not.toEqual([]);
});
