// Network policies refuse what they should, and disruption budgets hold.
import { beforeAll, expect, test } from "vitest";
import { allPods, apply, evict, kubectl, podsOf } from "./cluster.ts";
import { poll } from "./poll.ts";
import { NAMESPACE, settled } from "./release.ts";

/** A connection that is not answered within this time was dropped. */
const REFUSED_MS = 2_000;

beforeAll(settled);

/** Whether a program in a pod of `from` can connect to a port of a pod of `to`. */
async function connects(from: string, to: string, port: number): Promise<boolean> {
  const [target] = await podsOf(NAMESPACE, to);
  const [source] = await podsOf(NAMESPACE, from);
  const script = `const s=require("net").connect(${port},"${target?.status.podIP}");
    const end=(c)=>{console.log(c);process.exit(0)};
    s.on("connect",()=>end("open"));s.on("error",()=>end("refused"));setTimeout(()=>end("dropped"),${REFUSED_MS})`;
  const name = source?.metadata.name ?? from;
  return (
    (await kubectl("-n", NAMESPACE, "exec", name, "--", "node", "-e", script)).trim() === "open"
  );
}

test.each([
  { from: "gateway", to: "scheduler", port: 7071 },
  { from: "worker-default", to: "scheduler", port: 7072 },
  { from: "scheduler", to: "redis", port: 6379 },
])("$from may connect to $to:$port", async ({ from, to, port }) => {
  expect(await connects(from, to, port)).toBe(true);
});

test.each([
  { from: "gateway", to: "redis", port: 6379 },
  { from: "worker-default", to: "redis", port: 6379 },
  { from: "worker-courier", to: "redis", port: 6379 },
  { from: "gateway", to: "scheduler", port: 7072 },
  { from: "worker-default", to: "scheduler", port: 7071 },
  { from: "worker-courier", to: "gateway", port: 7400 },
  { from: "worker-default", to: "gateway", port: 7480 },
  { from: "scheduler", to: "worker-default", port: 7074 },
])("$from may not connect to $to:$port", async ({ from, to, port }) => {
  expect(await connects(from, to, port)).toBe(false);
});

test("a pod of nobody may reach the gateway, and neither scheduler nor Redis", async () => {
  const strict = {
    ...{ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, runAsNonRoot: true },
    ...{ runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
  };
  const container = {
    ...{
      name: "stranger",
      image: "millrace:0.1.0",
      command: ["node"],
      args: ["-e", "setInterval(()=>{},1000)"],
    },
    securityContext: strict,
  };
  const labels = { "app.kubernetes.io/component": "stranger" };
  await apply({
    ...{
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "stranger", namespace: NAMESPACE, labels },
    },
    spec: { containers: [container], terminationGracePeriodSeconds: 0 },
  });
  await kubectl("-n", NAMESPACE, "wait", "--for=condition=Ready", "pod/stranger", "--timeout=60s");
  try {
    // The enforcer learns of a new pod some time after it runs.
    await poll("a stranger is kept from Redis", 20_000, async () =>
      (await connects("stranger", "redis", 6379)) ? undefined : true,
    );
    expect(await connects("stranger", "scheduler", 7071)).toBe(false);
    expect(await connects("stranger", "scheduler", 7072)).toBe(false);
    expect(await connects("stranger", "gateway", 7400)).toBe(true);
  } finally {
    await kubectl("-n", NAMESPACE, "delete", "pod", "stranger", "--now");
  }
});

test("a second pod of a service may not be evicted while the first is away", async () => {
  const staying: string[] = [];
  for (const component of ["gateway", "scheduler", "worker-load"]) {
    const [first, second] = await podsOf(NAMESPACE, component);
    await evict(NAMESPACE, first?.metadata.name ?? "");
    const name = second?.metadata.name ?? "";
    await expect(evict(NAMESPACE, name), component).rejects.toThrow("disruption budget");
    staying.push(name);
  }
  await settled();
  const left = await allPods(NAMESPACE);
  expect(left.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(staying));
});
