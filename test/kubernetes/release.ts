/** Millrace as the chart installs it: the release that all checks use. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lastRelease, releasedFolder } from "../versions/release.ts";
import { apply, helm, home, kubectl, kubectlJson, pods } from "./cluster.ts";

export const NAMESPACE = "millrace";
export const RELEASE = "millrace";
export const LOAD_QUEUE = "load";
/** This version's chart, and its values. */
const now = {
  root: join(import.meta.dirname, "../.."),
  values: ["values.yaml", "values-now.yaml"],
};
export const components = {
  ...{ gateway: 2, scheduler: 2, redis: 1 },
  ...{ "worker-default": 2, "worker-load": 2, "worker-courier": 2 },
};
export type Component = keyof typeof components;

async function helmUpgrade(
  { root, values }: { readonly root: string; readonly values: readonly string[] },
  set: readonly string[],
): Promise<void> {
  const chart = join(root, "deploy/k8s/millrace");
  await helm(
    ...["upgrade", "--install", RELEASE, chart, "--namespace", NAMESPACE],
    ...values.flatMap((name) => ["--values", join(import.meta.dirname, name)]),
    ...set.flatMap((one) => ["--set", one]),
    ...["--wait", "--timeout", "8m"],
  );
}

/** Installs or changes the release, and waits until all of its pods are ready. */
export const upgrade = (...set: readonly string[]): Promise<void> => helmUpgrade(now, set);

/** The commit of the last release, if images.sh has made its image, and if this checkout has its files. */
export function formerRelease(): { readonly root: string; readonly tag: string } | undefined {
  const commit = join(home, "images/released.commit");
  if (!existsSync(commit)) return undefined;
  const root = releasedFolder();
  if (root === undefined || readFileSync(commit, "utf8").trim() !== lastRelease.commit)
    return undefined;
  return { root, tag: `${lastRelease.version}-${lastRelease.commit}` };
}

/** Installs the last release in place of this version. */
export const downgrade = ({ root, tag }: NonNullable<ReturnType<typeof formerRelease>>) =>
  helmUpgrade({ root, values: ["values.yaml"] }, [`image.tag=${tag}`]);

/** Makes the namespace, which enforces the restricted Pod Security Standard, and installs the release into it. */
export async function install(): Promise<void> {
  const enforce = { "pod-security.kubernetes.io/enforce": "restricted" };
  const program = readFileSync(join(import.meta.dirname, "load/dawdle.ts"), "utf8");
  await apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE, labels: enforce } },
    {
      ...{
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "dawdle", namespace: NAMESPACE },
      },
      data: { "dawdle.ts": program },
    },
  );
  await upgrade();
}

/** Waits until all pods are ready, and none is leaving but gateways and schedulers that linger. */
export async function settled(): Promise<void> {
  for (const [component, count] of Object.entries(components))
    await pods(NAMESPACE, component, count);
}

interface Template {
  readonly spec: {
    readonly containers: { env: { readonly name: string; readonly value?: string }[] }[];
  };
}

/**
 * Gives the first container of a deployment another value of a variable, wherever its value came from. The change is taken
 * back when the answer is disposed of.
 */
export async function setVariable(
  component: string,
  name: string,
  value: string,
): Promise<AsyncDisposable> {
  const deployment = ["-n", NAMESPACE, "deployment", `${RELEASE}-${component}`];
  const replace = (template: Template) => {
    const patch = [{ op: "replace", path: "/spec/template", value: template }];
    return kubectl("patch", ...deployment, "--type=json", `--patch=${JSON.stringify(patch)}`);
  };
  const { spec } = await kubectlJson<{ readonly spec: { readonly template: Template } }>(
    "get",
    ...deployment,
  );
  const template = structuredClone(spec.template);
  for (const container of template.spec.containers.slice(0, 1))
    container.env = [...container.env.filter((one) => one.name !== name), { name, value }];
  await replace(template);
  return {
    async [Symbol.asyncDispose]() {
      await replace(spec.template);
    },
  };
}

/** Runs the command line for operators in a pod of the scheduler. */
export const millrace = (...args: readonly string[]): Promise<string> =>
  kubectl("-n", NAMESPACE, "exec", `deployment/${RELEASE}-scheduler`, "--", "millrace", ...args);

let apiKey: Promise<string> | undefined;

/** The secret of an API key, which is made when it is first asked for. */
export const ownKey = (): Promise<string> => {
  apiKey ??= millrace("keys", "create", `tests-${Date.now()}`).then((text) => text.trim());
  return apiKey;
};

interface Service {
  readonly spec: {
    readonly ports: readonly { readonly name: string; readonly nodePort: number }[];
  };
}

/** Where callers outside the cluster reach the gateway: a port of each node. */
export async function outside(): Promise<{ readonly address: string; readonly http: string }> {
  const { spec } = await kubectlJson<Service>(
    "-n",
    NAMESPACE,
    "get",
    "service",
    `${RELEASE}-gateway`,
  );
  const port = (name: string) => spec.ports.find((one) => one.name === name)?.nodePort;
  return { address: `127.0.0.1:${port("grpc")}`, http: `http://127.0.0.1:${port("http")}` };
}

/** Where callers inside reach it: by all addresses of its pods, or by the one address of its Service. */
export const inside = {
  headless: `dns:///${RELEASE}-gateway-headless.${NAMESPACE}.svc.cluster.local:7400`,
  service: `dns:///${RELEASE}-gateway.${NAMESPACE}.svc.cluster.local:7400`,
};
