// Nothing that operators do to a release in good order loses a call or an attempt.
import { beforeEach, test } from "vitest";
import { kubectl, podsOf } from "./cluster.ts";
import { downgrade, formerRelease, NAMESPACE, RELEASE, settled, upgrade } from "./release.ts";
import { expectNothingLost, underLoad } from "./under-load.ts";

const former = formerRelease();

beforeEach(settled);

const restart = async (component: string) => {
  const deployment = `deployment/${RELEASE}-${component}`;
  await kubectl("-n", NAMESPACE, "rollout", "restart", deployment);
  await kubectl("-n", NAMESPACE, "rollout", "status", deployment, "--timeout=180s");
};

test("a restart of all gateways, schedulers and workers at once costs no call and no attempt", async () => {
  const work = () => Promise.all(["gateway", "scheduler", "worker-load"].map(restart));
  expectNothingLost(await underLoad("restart of gateways, schedulers and workers at once", work));
});

test.runIf(former === undefined)(
  "NOT CHECKED: upgrades from the last release, because this checkout does not have its commit",
  ({ skip }) => skip(),
);

test.runIf(former === undefined)(
  "an upgrade that changes every pod costs no call and no attempt",
  async () => {
    const annotation = `podAnnotations.changed=at-${Date.now()}`;
    const all = ["gateway", "scheduler", "workerDefaults"].map((part) => `${part}.${annotation}`);
    expectNothingLost(await underLoad("upgrade of everything", () => upgrade(...all)));
  },
);

test.skipIf(former === undefined)(
  "a return to the last release, with its image and chart, and an upgrade from it cost no call and no attempt",
  async () => {
    if (former === undefined) return;
    const back = await underLoad("return to the last release", () => downgrade(former));
    await settled();
    expectNothingLost(await underLoad("upgrade from the last release", () => upgrade()));
    expectNothingLost(back);
  },
);

test("the node that has Redis is drained without a lost call or attempt", async () => {
  const [redis] = await podsOf(NAMESPACE, "redis");
  const node = redis?.spec.nodeName ?? "";
  try {
    expectNothingLost(
      await underLoad("drain of the node that has Redis", async () => {
        const options = ["--ignore-daemonsets", "--delete-emptydir-data", "--timeout=240s"];
        await kubectl("drain", node, ...options);
        await settled();
      }),
    );
  } finally {
    await kubectl("uncordon", node);
  }
});
