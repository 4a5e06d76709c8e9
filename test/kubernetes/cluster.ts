/** The cluster of cluster/up.sh: its commands, its pods, and programs in its networks. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { poll } from "./poll.ts";

const root = join(import.meta.dirname, "../..");
export const home = process.env.CLUSTER_HOME || join(root, ".cluster");
const state = join(home, "state");
const LONGEST_OUTPUT = 64 * 1024 * 1024;

/** The control plane, which reaches all, or a node. */
export type Network = "cp" | "n1" | "n2";

const inNetwork = (network: Network): readonly string[] => [
  `--net=/run/netns/millrace-${network}`,
  "--",
];

const env = { ...process.env, KUBECONFIG: join(state, "admin.kubeconfig") };

async function output(
  program: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    ...{ env, timeout: timeoutMs, maxBuffer: LONGEST_OUTPUT, cwd: root },
  });
  return stdout;
}

/** Runs kubectl, and returns what it writes. Throws what it complains of if it fails. */
export const kubectl = (...args: readonly string[]): Promise<string> =>
  output("nsenter", [...inNetwork("cp"), join(home, "programs/kubectl"), ...args], 300_000);

export const kubectlJson = async <T>(...args: readonly string[]): Promise<T> =>
  JSON.parse(await kubectl(...args, "--output=json")) as T;

/** Runs kubectl with a text on its standard input. */
export async function kubectlWith(input: string, ...args: readonly string[]): Promise<void> {
  const program = [join(home, "programs/kubectl"), ...args, "-f", "-"];
  const child = spawn("nsenter", [...inNetwork("cp"), ...program], {
    ...{ env, stdio: ["pipe", "ignore", "pipe"] },
  });
  let complaint = "";
  child.stderr?.on("data", (text) => {
    complaint += text;
  });
  child.stdin?.end(input);
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${complaint}`);
}

/** Applies manifests. */
export const apply = (...manifests: readonly object[]): Promise<void> =>
  kubectlWith(manifests.map((one) => JSON.stringify(one)).join("\n---\n"), "apply");

/** Evicts a pod, as a drain of its node does. Throws if its disruption budget does not allow that. */
export async function evict(namespace: string, name: string): Promise<void> {
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  await kubectlWith(JSON.stringify(eviction), "create", "--raw", path);
}

export const helm = (...args: readonly string[]): Promise<string> =>
  output("nsenter", [...inNetwork("cp"), join(home, "programs/helm"), ...args], 600_000);

/**
 * Starts a program of this repository on a node. It asks the cluster's name service if it is a caller inside, and else the
 * machine's.
 */
export function startNode(
  file: string,
  options: {
    readonly network: Network;
    readonly inside: boolean;
    readonly env: Readonly<Record<string, string>>;
  },
): ChildProcess {
  const node = [process.execPath, join(import.meta.dirname, file)];
  const entered = ["nsenter", ...inNetwork(options.network), ...node];
  const names = join(import.meta.dirname, "load/resolv.conf");
  const [program = "", ...args] = options.inside
    ? [
        "unshare",
        "--mount",
        "sh",
        "-c",
        'mount --bind "$0" /etc/resolv.conf && exec "$@"',
        names,
        ...entered,
      ]
    : entered;
  return spawn(program, args, {
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "inherit"],
  });
}

/** What a program writes, line by line. Asking for a line fails if the program ends instead. */
export function linesOf(child: ChildProcess): { next(): Promise<string> } {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return {
    next: () =>
      new Promise((resolve, reject) => {
        lines.once("line", resolve);
        child.once("exit", (code) => reject(new Error(`the program ended with ${code}`)));
      }),
  };
}

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly deletionTimestamp?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName: string; readonly terminationGracePeriodSeconds: number };
  readonly status: {
    readonly phase: string;
    readonly podIP: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly containerID: string;
      readonly restartCount: number;
      readonly lastState: { readonly terminated?: { readonly reason: string } };
    }[];
  };
}

const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

export const isReady = (pod: Pod): boolean =>
  !isLeaving(pod) &&
  (pod.status.conditions ?? []).some((one) => one.type === "Ready" && one.status === "True");

export async function allPods(namespace: string): Promise<readonly Pod[]> {
  const { items } = await kubectlJson<{ items: Pod[] }>("-n", namespace, "get", "pods");
  return items;
}

const allPodsOf = async (namespace: string, component: string): Promise<readonly Pod[]> =>
  (await allPods(namespace)).filter(
    ({ metadata }) => metadata.labels["app.kubernetes.io/component"] === component,
  );

/** The pods of a component, but those that leave. */
export const podsOf = async (namespace: string, component: string): Promise<readonly Pod[]> =>
  (await allPodsOf(namespace, component)).filter((pod) => !isLeaving(pod));

/** Kills the main process of a pod, as the kernel does when memory runs out. */
export async function killPod(namespace: string, component: string): Promise<Pod> {
  const pod = (await podsOf(namespace, component)).find(isReady);
  if (pod === undefined) throw new Error(`no pod of ${component} is ready`);
  const [, id = ""] = pod.status.containerStatuses?.[0]?.containerID.split("//") ?? [];
  const socket = `/run/millrace-cluster/${pod.spec.nodeName}/containerd.sock`;
  await output(
    "ctr",
    ["--address", socket, "-n", "k8s.io", "tasks", "kill", "-s", "SIGKILL", id],
    10_000,
  );
  return pod;
}

/** Pods of these linger for 40 s before they leave, and serve meanwhile. Nothing waits for them. */
const LINGERING = new Set(["gateway", "scheduler"]);

/** Waits until a component has this number of ready pods, and no others, but those that linger. */
export const pods = (namespace: string, component: string, count: number, withinMs = 120_000) =>
  poll(`${count} pods of ${component}`, withinMs, async () => {
    const all = await (LINGERING.has(component) ? podsOf : allPodsOf)(namespace, component);
    return all.length === count && all.every(isReady) ? all : undefined;
  });
