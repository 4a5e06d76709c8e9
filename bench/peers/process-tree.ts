import { readdirSync, readFileSync } from "node:fs";

/** Measures what the processes of one part have used, including processes that they started. It works on Linux only. */
export interface Usage {
  readonly cpuUs: number;
  readonly residentBytes: number;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** The usage by the name of the part, whose first process is given. */
export function usageOf(roots: Readonly<Record<string, number>>): Record<string, Usage> {
  const all = processes();
  return Object.fromEntries(
    Object.entries(roots).map(([name, pid]) => {
      const tree = below(all, pid);
      const ticks = tree.reduce((sum, process) => sum + process.ticks, 0);
      const residentBytes = tree.reduce((sum, process) => sum + proportionalBytes(process.pid), 0);
      return [name, { cpuUs: ticks * 10_000, residentBytes }];
    }),
  );
}

function processes(): readonly Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        // A process's own time, and that of its children that have ended. Running children are counted
        // separately.
        const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
        return [{ pid: Number(name), parent: Number(fields[1]), ticks }];
      } catch {
        return [];
      }
    });
}

function below(all: readonly Process[], root: number): readonly Process[] {
  const tree = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return tree;
}

/** Memory that processes share is counted once, such as PostgreSQL's buffers. */
function proportionalBytes(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]) * 1_024;
  } catch {
    return 0;
  }
}
