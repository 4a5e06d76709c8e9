/**
 * Imported into a service before its own code: writes a line for each turn of the event loop that took the main thread more
 * than SAID_MS of CPU time. CPU time and not the clock's: on a busy machine others' work is not this one's.
 */
import { isMainThread } from "node:worker_threads";

const SAID_MS = 5;

if (isMainThread) {
  let last = process.threadCpuUsage();
  const look = () => {
    const { user, system } = process.threadCpuUsage(last);
    const cpuMs = (user + system) / 1_000;
    if (cpuMs > SAID_MS) process.stdout.write(`${JSON.stringify({ msg: "long turn", cpuMs })}\n`);
    last = process.threadCpuUsage();
  };
  setInterval(look, 1).unref();
}
