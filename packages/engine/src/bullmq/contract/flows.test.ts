import type { FlowJob } from "bullmq";
import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { happens, names, openBench, TOKEN, take, takeAll } from "./bench.ts";

const parentWith = (...children: FlowJob[]) =>
  ({ name: "parent", queueName: "contract", children }) as FlowJob;
const child = (name: string, opts: object = {}, queueName = "contract") =>
  ({ name, queueName, data: {}, opts }) as FlowJob;

contract("flows", (backend) => {
  test("a parent waits for its children, and gets their values", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const ran: string[] = [];
    const worker = bench.worker(async (job) => {
      ran.push(job.name);
      return job.name === "parent" ? job.getChildrenValues() : `value of ${job.name}`;
    });
    const completed = happens(worker, "completed", 3);
    const flow = await bench.flows().add(parentWith(child("one"), child("two")));
    await completed;
    expect(ran).toEqual(["one", "two", "parent"]);
    const parent = await queue.getJob(flow.job.id ?? "");
    expect(Object.values(parent?.returnvalue).toSorted()).toEqual(["value of one", "value of two"]);
    expect(await parent?.getState()).toBe("completed");
  });

  test("a parent whose children are done goes before waiting jobs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await bench.flows().add(parentWith(child("one")));
    for (const name of ["a", "b"]) await queue.add(name, {});
    expect(await takeAll(bench.worker(undefined))).toEqual(["one", "parent", "a", "b"]);
  });

  test("a parent with a priority keeps it", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await bench.flows().add({ ...parentWith(child("one")), opts: { priority: 2 } } as FlowJob);
    await queue.add("later", {}, { priority: 3 });
    await queue.add("sooner", {}, { priority: 1 });
    expect(await takeAll(bench.worker(undefined))).toEqual(["one", "sooner", "parent", "later"]);
  });

  test("a delayed parent is delayed once its children are done", async () => {
    await using bench = await openBench(backend);
    const flow = await bench
      .flows()
      .add({ ...parentWith(child("one")), opts: { delay: 3_600_000 } } as FlowJob);
    expect(await takeAll(bench.worker(undefined))).toEqual(["one"]);
    expect(await flow.job.getState()).toBe("delayed");
  });

  test("a tree over two queues runs from its leaves", async () => {
    await using bench = await openBench(backend);
    const ran: string[] = [];
    const process = async ({ name }: { name: string }) => {
      ran.push(name);
      return name;
    };
    bench.worker(process, {}, "other");
    const worker = bench.worker(process);
    const completed = happens(
      worker,
      "completed",
      1,
      (job: { name: string }) => job.name === "parent",
    );
    const flow = await bench.flows().add(
      parentWith({
        name: "middle",
        queueName: "other",
        children: [child("leaf1"), child("leaf2", {}, "other")],
      }),
    );
    await completed;
    expect(ran.slice(0, 2).toSorted()).toEqual(["leaf1", "leaf2"]);
    expect(ran.slice(2)).toEqual(["middle", "parent"]);
    const tree = await bench.flows().getFlow({ id: flow.job.id ?? "", queueName: "contract" });
    expect(tree.children?.map(({ job }) => job.name)).toEqual(["middle"]);
    expect(tree.children?.[0]?.children?.map(({ job }) => job.name).toSorted()).toEqual([
      "leaf1",
      "leaf2",
    ]);
  });

  test("a parent in another queue waits there when its child is done", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.add("before", {});
    const flow = await bench.flows().add(parentWith(child("leaf", {}, "other")));
    expect(await flow.job.getState()).toBe("waiting-children");
    expect(await takeAll(bench.worker(undefined, {}, "other"))).toEqual(["leaf"]);
    expect(await flow.job.getState()).toBe("waiting");
    expect(await flow.job.isWaiting()).toBe(true);
    expect(await queue.getWaitingCount()).toBe(2);
    expect(names(await queue.getWaiting())).toEqual(["parent", "before"]);
    expect(await takeAll(bench.worker(undefined))).toEqual(["parent", "before"]);
  });

  test("failParentOnFailure fails the parent", async () => {
    await using bench = await openBench(backend);
    const worker = bench.worker(async ({ name }) => {
      if (name === "bad") throw new Error("no");
    });
    const failed = happens(worker, "failed", 2);
    const flow = await bench
      .flows()
      .add(parentWith(child("bad", { failParentOnFailure: true }), child("good")));
    await failed;
    expect(await flow.job.getState()).toBe("failed");
    const queue = bench.queue();
    expect((await queue.getJob(flow.job.id ?? ""))?.failedReason).toMatch(/^child .* failed$/);
  });

  test("without it the parent of a failed child keeps waiting", async () => {
    await using bench = await openBench(backend);
    const worker = bench.worker(undefined);
    const flow = await bench.flows().add(parentWith(child("bad")));
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    expect(await flow.job.getState()).toBe("waiting-children");
    expect(await takeAll(worker)).toEqual([]);
  });

  test("ignoreDependencyOnFailure runs the parent, which can read the failure", async () => {
    await using bench = await openBench(backend);
    const worker = bench.worker(undefined);
    const flow = await bench
      .flows()
      .add(parentWith(child("bad", { ignoreDependencyOnFailure: true })));
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    expect(await takeAll(worker)).toEqual(["parent"]);
    expect(Object.values(await flow.job.getIgnoredChildrenFailures())).toEqual(["no"]);
  });

  test("continueParentOnFailure runs the parent before its other children", async () => {
    await using bench = await openBench(backend);
    const worker = bench.worker(undefined);
    await bench
      .flows()
      .add(parentWith(child("bad", { continueParentOnFailure: true }), child("good")));
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    const parent = await take(worker);
    expect(parent.name).toBe("parent");
    await parent.removeUnprocessedChildren();
    await parent.moveToCompleted(null, TOKEN, false);
    expect(await takeAll(worker)).toEqual([]);
  });

  test("removeDependencyOnFailure forgets the child", async () => {
    await using bench = await openBench(backend);
    const worker = bench.worker(undefined);
    const flow = await bench
      .flows()
      .add(parentWith(child("bad", { removeDependencyOnFailure: true }), child("good")));
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    expect(await flow.job.getState()).toBe("waiting-children");
    expect(await takeAll(worker)).toEqual(["good", "parent"]);
    expect(await flow.job.getDependenciesCount()).toMatchObject({
      processed: 1,
      unprocessed: 0,
      ignored: 0,
    });
  });

  test("a failed child that is retried makes its parent wait again", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const flow = await bench.flows().add(parentWith(child("flaky")));
    const flaky = await take(worker);
    await flaky.moveToFailed(new Error("no"), TOKEN, false);
    await flaky.retry();
    expect(await queue.getWaitingCount()).toBe(1);
    expect(await takeAll(worker)).toEqual(["flaky", "parent"]);
    expect(await flow.job.isCompleted()).toBe(true);
  });

  test("removing a parent removes its children", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const other = bench.queue({}, "other");
    const flow = await bench.flows().add(
      parentWith(child("one"), child("two", { priority: 2 }), child("three", {}, "other"), {
        name: "middle",
        queueName: "other",
        children: [child("leaf", { delay: 3_600_000 })],
      }),
    );
    await flow.job.remove();
    for (const each of [queue, other]) {
      expect(await each.getJobCounts("wait", "prioritized", "delayed", "waiting-children")).toEqual(
        { wait: 0, prioritized: 0, delayed: 0, "waiting-children": 0 },
      );
    }
  });

  test("a tree with a locked child is not removed", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const flow = await bench.flows().add(parentWith(child("held"), child("free"), child("last")));
    const held = await take(worker);
    await expect(flow.job.remove()).rejects.toThrow("locked");
    expect(await queue.getJobCounts("active", "wait", "waiting-children")).toEqual({
      active: 1,
      wait: 2,
      "waiting-children": 1,
    });
    await held.moveToCompleted(null, TOKEN, false);
    expect(await takeAll(worker)).toEqual(["free", "last", "parent"]);
  });

  test("removing the last child lets the parent run", async () => {
    await using bench = await openBench(backend);
    const flow = await bench.flows().add(parentWith(child("only")));
    await flow.children?.[0]?.job.remove();
    expect(await flow.job.getState()).toBe("waiting");
    expect(await takeAll(bench.worker(undefined))).toEqual(["parent"]);
  });

  test("a child can leave its parent", async () => {
    await using bench = await openBench(backend);
    const flow = await bench.flows().add(parentWith(child("only")));
    expect(await flow.children?.[0]?.job.removeChildDependency()).toBe(true);
    expect(await takeAll(bench.worker(undefined))).toEqual(["parent", "only"]);
  });

  test("a running parent can add a child and wait for it", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.add("parent", {});
    const parent = await take(worker);
    const parentOfChild = { id: parent.id ?? "", queue: parent.queueQualifiedName };
    await queue.add("late", {}, { parent: parentOfChild });
    expect(await parent.moveToWaitingChildren(TOKEN)).toBe(true);
    await expect(parent.moveToCompleted(null, TOKEN, false)).rejects.toThrow(
      "pending dependencies",
    );
    expect(await takeAll(worker)).toEqual(["late", "parent"]);
  });

  test("a child of a parent that does not exist is refused", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const parent = { id: bench.id("none"), queue: `${bench.prefix}:contract` };
    await expect(queue.add("orphan", {}, { parent })).rejects.toThrow("Missing key for parent job");
    expect(await queue.getWaitingCount()).toBe(0);
  });

  test("a parent waits for children that are added in bulk", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.add("parent", {});
    const running = await take(worker);
    const parent = { id: running.id ?? "", queue: running.queueQualifiedName };
    await queue.addBulk([
      { name: "one", data: {}, opts: { parent } },
      { name: "free", data: {} },
      { name: "two", data: {}, opts: { parent } },
    ]);
    await running.moveToWaitingChildren(TOKEN);
    expect(await takeAll(worker)).toEqual(["one", "free", "two", "parent"]);
  });

  test("several flows are added at once", async () => {
    await using bench = await openBench(backend);
    const flows = await bench.flows().addBulk([parentWith(child("one")), parentWith(child("two"))]);
    expect(flows).toHaveLength(2);
    const ran = await takeAll(bench.worker(undefined));
    expect(ran.toSorted()).toEqual(["one", "parent", "parent", "two"]);
  });
});
