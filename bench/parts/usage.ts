import { readFile } from "node:fs/promises";

/** What a process has taken so far, from /proc: undefined where there is none (not Linux). */
export async function cpuUs(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // In ticks of 10 ms, as Linux shows them to programs.
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return undefined;
  }
}

export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
}

/** CPU time in microseconds for each of `jobs`, by the name of the process, while `work` runs. */
export async function cpuPerJob<T>(
  pids: Readonly<Record<string, number>>,
  jobs: number,
  work: () => Promise<T>,
): Promise<{ result: T; cpu: Record<string, number> }> {
  const read = () =>
    Promise.all(Object.entries(pids).map(async ([name, pid]) => [name, await cpuUs(pid)] as const));
  const before = new Map(await read());
  const result = await work();
  const cpu: Record<string, number> = {};
  for (const [name, after] of await read()) {
    const first = before.get(name);
    if (after === undefined || first === undefined) continue;
    cpu[name] = Math.round(((after - first) / jobs) * 10) / 10;
  }
  return { result, cpu };
}
