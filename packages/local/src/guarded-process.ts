import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";

/** A server that ends with this process, in whatever way this process ends. */
export interface GuardedProcess {
  readonly guard: ChildProcess;
  readonly pid: number;
  /** Resolves when the server has ended. */
  readonly ended: Promise<void>;
}

/**
 * The server's parent is a shell that kills the server once the shell's standard input closes. So the server does
 * not outlive a test process that is killed and never runs its own clean-up.
 */
const guardScript = `
exec 3<&0
# Ignores SIGXFSZ, so that a file-size limit is a write error for the server and does not kill it.
trap "" XFSZ
"$@" &
server=$!
echo "server pid $server."
(cat <&3 >&2; kill -9 $server 2>/dev/null) >/dev/null &
exec 3<&-
wait $server
`;

/** Starts a program. Resolves once the program has written `ready`. */
export function startGuarded(
  program: string,
  args: readonly string[],
  ready: string,
): Promise<GuardedProcess> {
  const guard = spawn(
    "sh",
    ["-c", guardScript, "sh", program, ...args],
    // The program has its own process group, so that Ctrl-C reaches only this process, which ends the program in
    // time.
    { stdio: ["pipe", "pipe", "ignore"], detached: true },
  );
  const ended = new Promise<void>((resolve) => guard.once("exit", () => resolve()));
  return new Promise((resolve, reject) => {
    let log = "";
    const read = (data: Buffer) => {
      log += data.toString();
      const pid = /server pid (\d+)\./.exec(log)?.[1];
      if (pid === undefined || !log.includes(ready)) return;
      guard.stdout.off("data", read).resume();
      // A running server does not keep this process alive.
      guard.unref();
      for (const stream of [guard.stdin, guard.stdout]) (stream as unknown as Socket).unref();
      resolve({ guard, ended, pid: Number(pid) });
    };
    guard.stdout.on("data", read);
    guard.once("error", (cause) => reject(new Error(`cannot start ${program}`, { cause })));
    guard.once("exit", () => reject(new Error(`${program} ended before it was ready:\n${log}`)));
  });
}

export const isUp = ({ guard }: GuardedProcess): boolean =>
  guard.exitCode === null && guard.signalCode === null;

/** Ends the server if it runs, and waits for its end. */
export async function endGuarded(
  running: GuardedProcess,
  signal: "SIGTERM" | "SIGKILL",
): Promise<void> {
  if (!isUp(running)) return;
  running.guard.ref();
  // A paused server handles SIGTERM only after it continues.
  if (signal === "SIGTERM") process.kill(running.pid, "SIGCONT");
  process.kill(running.pid, signal);
  await running.ended;
}
