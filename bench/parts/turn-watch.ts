/**
 * Is loaded into a service before the service's own code. It writes a line for each turn of the event loop that
 * took more than LONG_TURN_MS of the main thread's CPU time. It uses CPU time, because on a busy machine elapsed
 * time contains the work of other processes.
 */
import { isMainThread } from "node:worker_threads";

const LONG_TURN_MS = 5;

if (isMainThread) {
  let last = process.threadCpuUsage();
  const look = () => {
    const { user, system } = process.threadCpuUsage(last);
    const cpuMs = (user + system) / 1_000;
    if (cpuMs > LONG_TURN_MS)
      process.stdout.write(`${JSON.stringify({ msg: "long turn", cpuMs })}\n`);
    last = process.threadCpuUsage();
  };
  setInterval(look, 1).unref();
}
