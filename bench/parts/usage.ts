import { readFile } from "node:fs/promises";

/** Returns the CPU time that a process has used, from /proc. Undefined where there is no /proc (not Linux). */
export async function cpuUs(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // Linux reports these values to programs in ticks of 10 ms.
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return undefined;
  }
}

export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
}

/** Measures CPU time in microseconds per job while `work` runs, by the name of the process. */
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
