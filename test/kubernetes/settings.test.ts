// Changes of settings: wrong ones get no further than the first pod, and right ones, secrets too, cost nothing.
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { apply, isReady, kubectl, kubectlJson, type Pod, podsOf } from "./cluster.ts";
import { poll } from "./poll.ts";
import { millrace, NAMESPACE, RELEASE, settled, setVariable, upgrade } from "./release.ts";
import { expectNothingLost, underLoad } from "./under-load.ts";

/** The kubelets here look after the files of Secrets every 5 s (cluster/node.sh), and services read them every 5 s. */
const SECRET_ARRIVES_MS = 100_000;
/** A wrong version has this long to do harm. */
const WRONG_MS = 20_000;

beforeEach(settled);

/** What a token's file has in a pod. */
const tokenIn = ({ metadata }: Pod, key: string): Promise<string> => {
  const script = `process.stdout.write(require("fs").readFileSync("/tokens/${key}", "utf8"))`;
  return kubectl("-n", NAMESPACE, "exec", metadata.name, "--", "node", "-e", script);
};

const wrong = [
  { component: "gateway", name: "MILLRACE_SCHEDULER_ADDRESS", value: "nowhere.invalid:7071" },
  { component: "worker-load", name: "MILLRACE_SCHEDULER_ADDRESS", value: "nowhere.invalid:7072" },
  { component: "worker-courier", name: "MILLRACE_WORKER_TOKEN_FILE", value: "/etc/hostname" },
  { component: "scheduler", name: "MILLRACE_REDIS_URL", value: "redis://nowhere.invalid:6379" },
];

test("rollouts with wrong addresses and tokens stop at their first pods", async () => {
  await using changes = new AsyncDisposableStack();
  const reports = await underLoad("wrong settings of all services", async () => {
    for (const { component, name, value } of wrong)
      changes.use(await setVariable(component, name, value));
    await pause(WRONG_MS);
    for (const { component } of wrong) {
      const all = await podsOf(NAMESPACE, component);
      expect(all.filter(isReady), component).toHaveLength(2);
      expect(
        all.filter((pod) => !isReady(pod)),
        component,
      ).toHaveLength(1);
    }
    await changes.disposeAsync();
    await settled();
  });
  expectNothingLost(reports);
});

test("a changed configuration is applied without a lost call or attempt", async () => {
  const reports = await underLoad("change of the configuration", async () => {
    await upgrade("configuration.queues[0].name=load", "configuration.queues[1].name=added");
  });
  expectNothingLost(reports);
  expect(await millrace("queues", "list")).toContain("added");
});

test("tokens are replaced in three steps without a restart, a lost call or attempt", async () => {
  const name = `${RELEASE}-auth`;
  const read = () =>
    kubectlJson<{ readonly data: Record<string, string> }>("-n", NAMESPACE, "get", "secret", name);
  const decode = (text = "") => Buffer.from(text, "base64").toString();
  const { data } = await read();
  const old = {
    "internal-token": decode(data["internal-token"]),
    "worker-token": decode(data["worker-token"]),
  };
  const fresh = Object.fromEntries(
    Object.keys(old).map((key) => [key, randomBytes(24).toString("hex")]),
  );
  const write = async (tokens: (key: keyof typeof old) => string) => {
    const keys = Object.keys(old) as (keyof typeof old)[];
    const stringData = Object.fromEntries(keys.map((key) => [key, tokens(key)]));
    await apply({
      ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: NAMESPACE } },
      stringData,
    });
    await poll("the new tokens in every pod", SECRET_ARRIVES_MS, async () => {
      const components = ["gateway", "scheduler", "worker-load", "worker-default"] as const;
      const found = components.map(async (component) => {
        const key = component.startsWith("worker") ? "worker-token" : "internal-token";
        const files = (await podsOf(NAMESPACE, component)).map((pod) => tokenIn(pod, key));
        return (await Promise.all(files)).every((text) => text === tokens(key));
      });
      return (await Promise.all(found)).every(Boolean) || undefined;
    });
    // Until the services have read the files again.
    await pause(6_000);
  };
  const before = await podsOf(NAMESPACE, "scheduler");
  const reports = await underLoad("replacement of tokens", async () => {
    await write((key) => `${old[key]},${fresh[key]}`);
    await write((key) => `${fresh[key]},${old[key]}`);
    await write((key) => fresh[key] ?? "");
  });
  expectNothingLost(reports);
  const after = await podsOf(NAMESPACE, "scheduler");
  expect(after.map((pod) => pod.metadata.name)).toEqual(before.map((pod) => pod.metadata.name));
});
