import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { runMain, type Scope } from "./run-main.ts";

function setup() {
  const clock = new ManualClock();
  const events: string[] = [];
  let signal: (name: string) => void = () => undefined;
  let fault: (error: unknown) => void = () => undefined;
  const started = Promise.withResolvers<Scope>();
  const host = {
    onSignal: (listener: typeof signal) => {
      signal = listener;
    },
    onFault: (listener: typeof fault) => {
      fault = listener;
    },
    exit: (code: number) => void events.push(`exit ${code}`),
  };
  const logged: unknown[] = [];
  const log = {
    info: () => undefined,
    error: (fields: object) => {
      logged.push((fields as { error: unknown }).error);
      events.push("logged");
    },
  };
  const run = (build: (scope: Scope) => void) =>
    runMain(
      async (scope) => {
        build(scope);
        started.resolve(scope);
      },
      { clock, host, log, drainMs: 1_000 },
    );
  const part = (name: string) => ({ close: () => void events.push(`close ${name}`) });
  return {
    clock,
    events,
    logged,
    run,
    part,
    started: started.promise,
    signal: () => signal("SIGTERM"),
    fault: (error: unknown) => fault(error),
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("closes the parts in reverse order after a signal, and exits with 0", async () => {
  const { run, part, started, signal, events } = setup();
  const ended = run((scope) => {
    scope.use(part("store"));
    scope.use(part("server"));
  });
  const scope = await started;
  await turn();
  expect(scope.notReady()).toBeUndefined();
  signal();
  expect(scope.notReady()).toBe("stopping");
  await ended;
  expect(events).toEqual(["close server", "close store", "exit 0"]);
});

test("closes what was built if the start fails, and exits with 1", async () => {
  const { run, part, events } = setup();
  await run((scope) => {
    scope.use(part("store"));
    throw new Error("port taken");
  });
  expect(events).toEqual(["logged", "close store", "exit 1"]);
});

test("ends the program with 1 after a fault", async () => {
  const { run, part, started, fault, events } = setup();
  const ended = run((scope) => void scope.use(part("store")));
  await started;
  fault(new Error("bug"));
  await ended;
  expect(events).toEqual(["logged", "close store", "exit 1"]);
});

test("ends the program with the exit code that an error names", async () => {
  const { run, part, started, events } = setup();
  const ended = run((scope) => void scope.use(part("store")));
  (await started).fail(Object.assign(new Error("wrong token"), { exitCode: 78 }));
  await ended;
  expect(events).toEqual(["logged", "close store", "exit 78"]);
});

test("closes the other parts if one fails to close", async () => {
  const { run, part, started, signal, events } = setup();
  const ended = run((scope) => {
    scope.use(part("store"));
    scope.defer(() => Promise.reject(new Error("stuck")));
  });
  await started;
  signal();
  await ended;
  expect(events).toEqual(["logged", "close store", "exit 1"]);
});

test("ends a close that hangs at the drain deadline, and not a millisecond earlier", async () => {
  const { run, started, signal, clock, events } = setup();
  void run((scope) => scope.defer(() => new Promise(() => undefined)));
  await started;
  signal();
  await turn();
  clock.advance(999);
  expect(events).toEqual([]);
  clock.advance(1);
  expect(events).toEqual(["logged", "exit 1"]);
});

test("ends the process at once after a second signal", async () => {
  const { run, started, signal, events } = setup();
  void run((scope) => scope.defer(() => new Promise(() => undefined)));
  await started;
  signal();
  signal();
  expect(events).toEqual(["exit 1"]);
});

test("is ready once no dependency has a problem", async () => {
  const { run, started, signal } = setup();
  let problem: string | undefined = "a scheduler has not answered yet";
  const ended = run((scope) => {
    scope.needs({ problem: () => undefined });
    scope.needs({ problem: () => problem });
    expect(scope.notReady()).toBe("starting");
  });
  const scope = await started;
  await turn();
  expect(scope.notReady()).toBe("a scheduler has not answered yet");
  problem = undefined;
  expect(scope.notReady()).toBeUndefined();
  signal();
  await ended;
});

test("logs a fault with its stack, and what an operator must correct without one", async () => {
  const config = setup();
  await config.run(() => {
    throw Object.assign(new Error("PORT: must be a number"), { name: "ConfigError", exitCode: 78 });
  });
  expect(config.logged).toEqual([{ type: "ConfigError", message: "PORT: must be a number" }]);
  const bug = setup();
  await bug.run(() => {
    throw new TypeError("no function");
  });
  expect(bug.logged).toEqual([expect.any(TypeError)]);
});

/** A program that lingers for a second. */
function lingering() {
  const made = setup();
  const ended = made.run((scope) => {
    scope.linger(1_000);
    scope.use({ ...made.part("store"), leave: () => void made.events.push("leave store") });
    scope.use(made.part("server"));
  });
  return { ...made, ended };
}

test("leaves eight times after a signal, and closes the parts when the linger is over, not a millisecond earlier", async () => {
  const { started, signal, clock, events, ended } = lingering();
  const scope = await started;
  await turn();
  signal();
  expect(scope.notReady()).toBe("stopping");
  for (let passedMs = 0; passedMs < 875; passedMs += 125) {
    await turn();
    clock.advance(125);
  }
  await turn();
  clock.advance(124);
  await turn();
  expect(events).toEqual(Array(8).fill("leave store"));
  clock.advance(1);
  await ended;
  expect(events.slice(8)).toEqual(["close server", "close store", "exit 0"]);
});

test("does not linger after a fault, and ends the linger at one", async () => {
  const first = lingering();
  await first.started;
  await turn();
  first.fault(new Error("bug"));
  await first.ended;
  expect(first.events).toEqual(["logged", "close server", "close store", "exit 1"]);

  const second = lingering();
  await second.started;
  await turn();
  second.signal();
  await turn();
  second.fault(new Error("bug"));
  await second.ended;
  expect(second.events.slice(0, 3)).toEqual(["leave store", "logged", "close server"]);
});

test("does not linger if the signal comes before the program is ready", async () => {
  const { run, part, signal, events } = setup();
  await run((scope) => {
    scope.linger(1_000);
    scope.use({ ...part("store"), leave: () => void events.push("leave store") });
    signal();
  });
  expect(events).toEqual(["close store", "exit 0"]);
});
