import { F } from "../redis/stored-names.ts";
import type { Finding } from "./finding.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

/** Checks where each job is: in one place (1), with one end (2) and one lease (3). */
export function* checkPlaces(shard: ShardSnapshot): Generator<Finding> {
  for (const finding of findPlaces(shard)) {
    const repair = { kind: "job", name: finding.subject } as const;
    // If a job is in several places, or two leases claim its end, the right one cannot be proved.
    yield UNPROVABLE.test(finding.problem) ? finding : { ...finding, repair };
  }
}

const UNPROVABLE =
  /^is in several places|but its record says|but was leased again|but ended as|^its lock has token/;

function* findPlaces(shard: ShardSnapshot): Generator<Finding> {
  const places = placesOf(shard);
  for (const [id, where] of places) {
    if (!shard.jobs.has(id)) {
      yield { invariant: 1, subject: id, problem: `is in ${where.join(", ")}, but is not stored` };
    } else if (where.length > 1) {
      yield { invariant: 1, subject: id, problem: `is in several places: ${where.join(", ")}` };
    }
  }
  const active = new Set(shard.members("active"));
  for (const [id, job] of shard.jobs) {
    const [where] = places.get(id) ?? [];
    if (where === undefined)
      yield { invariant: 1, subject: id, problem: "is stored, but is in no place" };
    const ended = where === "completed" || where === "failed";
    if (ended !== (job[F.finished_ms] !== undefined)) {
      const says = ended ? "it has not ended" : "it has ended";
      const problem = `is in ${where}, but its record says that ${says}`;
      yield { invariant: 2, subject: id, problem };
    }
    const [token, state] = (job[F.ended_by] ?? "").split(" ");
    if (ended && job[F.ended_by] !== undefined && token !== job[F.attempts_started]) {
      yield {
        invariant: 2,
        subject: id,
        problem: `was ended by lease ${token}, but was leased again`,
      };
    }
    if (
      job[F.ended_by] !== undefined &&
      ended &&
      (state === "SUCCEEDED") !== (where === "completed")
    ) {
      yield { invariant: 2, subject: id, problem: `is in ${where}, but ended as ${state}` };
    }
    const lock = shard.text(`${id}:lock`);
    if (lock !== undefined && !active.has(id)) {
      yield { invariant: 3, subject: id, problem: "has a lock, but does not run" };
    } else if (lock !== undefined && lock !== job[F.attempts_started] && /^\d+$/.test(lock)) {
      yield {
        invariant: 3,
        subject: id,
        problem: `its lock has token ${lock}, but its lease has token ${job[F.attempts_started]}`,
      };
    }
    if ((job[F.key_reservation] || job[F.account_reservation]) && !active.has(id)) {
      yield { invariant: 5, subject: id, problem: "holds a reservation, but does not run" };
    }
  }
  yield* checkLeases(shard, active);
  yield* checkLeftovers(shard, places);
}

function placesOf(shard: ShardSnapshot): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, string[]>();
  const place = (where: string, ids: readonly string[]) => {
    for (const id of ids) {
      const found = places.get(id);
      if (found === undefined) places.set(id, [where]);
      else found.push(where);
    }
  };
  for (const name of shard.names) {
    if (name.startsWith("mr:lane:") && !name.startsWith("mr:lane:-|"))
      place("lane", shard.zset(name));
  }
  place("inbox", shard.members("wait").filter(isMillraceJob));
  place("inbox", shard.zset("prioritized").filter(isMillraceJob));
  for (const name of ["delayed", "completed", "failed", "waiting-children"]) {
    place(name, shard.zset(name).filter(isMillraceJob));
  }
  place("active", shard.members("active").filter(isMillraceJob));
  return places;
}

/** BullMQ itself keeps plain BullMQ jobs in order. */
const isMillraceJob = (id: string): boolean => /^[^~]+~[^~]+~[^~]+$/.test(id);

function* checkLeases(shard: ShardSnapshot, active: ReadonlySet<string>): Generator<Finding> {
  const leases = new Set(shard.zset("mr:leases"));
  for (const id of leases) {
    if (!active.has(id))
      yield { invariant: 3, subject: id, problem: "has a lease, but does not run" };
  }
  for (const id of active) {
    // A plain BullMQ worker that runs a key's job adds no entry to mr:leases.
    const token = shard.text(`${id}:lock`);
    const plain = token !== undefined && !/^\d+$/.test(token);
    if (!leases.has(id) && isMillraceJob(id) && !plain) {
      yield { invariant: 3, subject: id, problem: "runs with a lease that has no expiry" };
    }
  }
}

/** Checks that what belongs to a job is removed with it. */
function* checkLeftovers(
  shard: ShardSnapshot,
  places: ReadonlyMap<string, readonly string[]>,
): Generator<Finding> {
  for (const id of shard.zset("mr:expiry")) {
    const where = places.get(id)?.[0];
    if (where === undefined || where === "completed" || where === "failed") {
      yield {
        invariant: 11,
        subject: id,
        problem: "has ended, but its latest start or deadline is still stored",
      };
    }
  }
  const indexed = new Set<string>();
  for (const name of shard.names) {
    if (!name.startsWith("mr:index:")) continue;
    const key = name.slice("mr:index:".length);
    for (const ulid of shard.zset(name)) indexed.add(`${shard.shard.queue}~${key}~${ulid}`);
  }
  for (const id of indexed) {
    if (!shard.jobs.has(id))
      yield {
        invariant: 11,
        subject: id,
        problem: "is in the list of its key's jobs, but is not stored",
      };
  }
  for (const id of shard.jobs.keys()) {
    if (!indexed.has(id)) {
      const problem = "is stored, but is missing from the list of its key's jobs";
      yield { invariant: 1, subject: id, problem };
    }
  }
}
