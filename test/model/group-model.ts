import type { Engine, GroupRecord, GroupRule, JobRecord, JobSpec, Lease } from "@millrace/engine";
import type { GroupId, JobId, JobState } from "@millrace/shared";
import { expect } from "vitest";

interface Group {
  readonly id: GroupId;
  readonly rule: GroupRule;
  /** The finalizer, and the jobs that it was redriven as. */
  readonly finalizers: Set<JobId>;
  /** The children, each with the jobs that it was redriven as; the last counts. */
  readonly children: JobId[];
}

const finals: ReadonlySet<string> = new Set(["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"]);

/** What was seen from outside of groups, and what must be true of it, whatever the engine stores. */
export class GroupModel {
  readonly jobIds: JobId[] = [];
  readonly groupIds: GroupId[] = [];
  readonly #engine: Engine;
  readonly #groups = new Map<GroupId, Group>();
  readonly #groupOf = new Map<JobId, GroupId>();
  readonly #removed = new Set<JobId>();
  readonly #completed = new Map<JobId, number>();
  /** Finalizers that an operator has redriven: they run whatever their group came to. */
  readonly #ordered = new Set<JobId>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  created(id: GroupId, rule: GroupRule, finalizer: JobId | undefined): void {
    this.groupIds.push(id);
    const finalizers = new Set(finalizer === undefined ? [] : [finalizer]);
    this.#groups.set(id, { id, rule, finalizers, children: [] });
    if (finalizer !== undefined) this.jobIds.push(finalizer);
  }

  fannedOut(id: GroupId): void {
    if (!this.groupIds.includes(id)) this.groupIds.push(id);
  }

  submitted(spec: JobSpec): void {
    this.jobIds.push(spec.id);
    if (spec.group === undefined) return;
    this.#groupOf.set(spec.id, spec.group.id);
    this.#groups.get(spec.group.id)?.children.push(spec.id);
  }

  removed(id: JobId): void {
    this.#removed.add(id);
  }

  redriven(from: JobId, job: JobRecord): void {
    this.jobIds.push(job.id);
    for (const group of this.#groups.values()) {
      if (group.finalizers.has(from)) {
        group.finalizers.add(job.id);
        this.#ordered.add(job.id);
      }
      const at = group.children.indexOf(from);
      if (at >= 0 && job.group?.id === group.id) group.children[at] = job.id;
    }
  }

  settled(id: JobId, state: JobState): void {
    if (state === "SUCCEEDED") this.#completed.set(id, (this.#completed.get(id) ?? 0) + 1);
  }

  /** A finalizer is leased only when the rule of its group is met by what its children came to. */
  async leased({ jobId, job }: Lease): Promise<void> {
    const group = job.finalizes === undefined ? undefined : this.#groups.get(job.finalizes);
    if (group === undefined || this.#ordered.has(jobId)) return;
    const [record] = await this.#engine.getGroups([group.id]);
    expect(record?.state, "the group of a finalizer that runs").toBe("SUCCEEDED");
    const states = await this.#statesOf(group.children);
    const succeeded = states.filter((state) => state === "SUCCEEDED").length;
    if (group.rule === "any") expect(succeeded, "children that succeeded").toBeGreaterThan(0);
    else {
      expect(
        states.filter((state) => state !== "REMOVED" && !finals.has(state)),
        "children that have not ended when the finalizer runs",
      ).toEqual([]);
      const least = group.rule === "all" ? 100 : group.rule;
      expect(succeeded * 100).toBeGreaterThanOrEqual(least * states.length);
    }
  }

  groups = async (): Promise<readonly GroupRecord[]> =>
    (await this.#engine.getGroups(this.groupIds)).filter((group) => group !== undefined);

  async #statesOf(ids: readonly JobId[]): Promise<readonly string[]> {
    const records = await this.#engine.getJobs(ids, "summary");
    return ids.map((id, at) => {
      if (this.#removed.has(id)) return "REMOVED";
      return records[at]?.state ?? "GONE";
    });
  }

  /** Checks at the end that every group has finished, and that each finalizer has run once or never, as its group says. */
  async finished(): Promise<void> {
    for (const record of await this.groups()) {
      expect(finals.has(record.state), `the group ${record.id} has finished`).toBe(true);
      expect(record.inFlight, `children of ${record.id} in flight`).toBe(0);
      const group = this.#groups.get(record.id);
      if (group === undefined) continue;
      const states = await this.#statesOf(group.children);
      expect(record.total, "children").toBe(states.length);
      expect(record.succeeded).toBe(states.filter((state) => state === "SUCCEEDED").length);
      const [finalizer] = group.finalizers;
      if (finalizer === undefined || this.#removed.has(finalizer)) continue;
      const [job] = await this.#engine.getJobs([finalizer], "summary");
      expect(finals.has(job?.state ?? ""), `the finalizer ${finalizer} has ended`).toBe(true);
      const runs = [...group.finalizers].map((id) => this.#completed.get(id) ?? 0);
      expect(Math.max(...runs), "how often a finalizer completed").toBeLessThanOrEqual(1);
    }
    const states = await this.#statesOf(this.jobIds);
    expect(states.filter((state) => !finals.has(state) && state !== "REMOVED")).toEqual([]);
  }
}
