/**
 * The pages of the ledger for groups. Each acknowledged group opens a line. The ledger itself has the lines of the
 * group's finalizer and children, which callers submit as well.
 */
import type { Group } from "@millrace/client";
import type { StormGroup } from "./groups.ts";
import type { Ledger } from "./ledger.ts";

interface Line {
  readonly storm: StormGroup;
  /** The ids of the children that were acknowledged. */
  readonly children: Set<string>;
  end?: string;
}

export class GroupLedger {
  readonly lines = new Map<string, Line>();
  /** Labels of calls whose answer was lost. Each of them may have created a group, which nobody uses. */
  readonly lost = new Set<string>();
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  acknowledge(groupId: string, storm: StormGroup): void {
    if (this.lines.has(groupId)) this.#ledger.complain(`${groupId} was created twice`);
    this.lines.set(groupId, { storm, children: new Set() });
  }

  acknowledgeChild(groupId: string, n: number, jobId: string): void {
    this.#ledger.acknowledge(n, jobId);
    this.lines.get(groupId)?.children.add(jobId);
  }

  /** Enters that a caller was told of the group's end. */
  end(group: Group): void {
    const line = this.lines.get(group.id);
    if (line === undefined) return;
    line.end ??= groupEnd(group);
    if (line.end !== groupEnd(group)) {
      this.#ledger.complain(`${group.id} ended twice: ${line.end} and ${groupEnd(group)}`);
    }
  }
}

/** The facts of a group's end. The counts may still change: children that were not cancelled in time go on. */
export const groupEnd = ({ state, finalizerJobId }: Group): string =>
  [state, finalizerJobId].join(" ");
