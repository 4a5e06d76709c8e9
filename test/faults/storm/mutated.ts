import { systemClock } from "@millrace/shared";
import { seededRandom } from "@millrace/testing";
import { plannedFaults } from "./plan.ts";
import { runRound } from "./round.ts";
import { Tally } from "./tally.ts";

let seed = 1;
const FAULTS = 3;
for (; ; seed++) {
  const ks = new Set(
    plannedFaults(seededRandom(seed))
      .take(FAULTS)
      .map((f) => f.kind)
      .toArray(),
  );
  if (ks.has("accountOverloaded") && ks.has("accountRejected") && ks.has("routesChanged")) break;
}
const tally = new Tally();
const started = systemClock.nowMs();
const stop = new AbortController();
await runRound({
  seed,
  jobs: 250,
  faults: FAULTS,
  callers: 30,
  injectors: 1,
  profile: "everysec",
  clock: systemClock,
  tally,
  until: stop.signal,
  log: (line, service) => {
    if (line.includes('"level":"error"')) console.log(service, line.slice(0, 300));
  },
});
console.log(
  "took",
  (systemClock.nowMs() - started) / 1000,
  "routed",
  [...tally.routed],
  "faults",
  [...tally.byKind.keys()].join(),
);
console.log("WRONG", tally.wrong.length, tally.wrong.slice(0, 6));
process.exit(0);
