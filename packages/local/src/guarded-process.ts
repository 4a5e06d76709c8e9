import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";

/** A server that ends with this process, however that ends. */
export interface GuardedProcess {
  readonly guard: ChildProcess;
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/**
 * The server's parent is a shell that kills it once our end of its stdin closes, so that it does
 * not outlive a test process that is killed and never runs its own clean-up.
 */
const guardScript = `
exec 3<&0
# A file that may not grow is an error to a server, and not its end.
trap "" XFSZ
"$@" &
server=$!
echo "server pid $server."
(cat <&3 >&2; kill -9 $server 2>/dev/null) >/dev/null &
exec 3<&-
wait $server
`;

/** Resolves once the program has written `ready`. */
export function startGuarded(
  program: string,
  args: readonly string[],
  ready: string,
): Promise<GuardedProcess> {
  const guard = spawn(
    "sh",
    ["-c", guardScript, "sh", program, ...args],
    // A group of its own: Ctrl-C reaches whoever started it, who ends it when it is time.
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
      // A server left running does not keep its process alive.
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

/** Ends it if it runs, and waits for its end. */
export async function endGuarded(
  running: GuardedProcess,
  signal: "SIGTERM" | "SIGKILL",
): Promise<void> {
  if (!isUp(running)) return;
  running.guard.ref();
  // A server that is paused sees SIGTERM only when it goes on.
  if (signal === "SIGTERM") process.kill(running.pid, "SIGCONT");
  process.kill(running.pid, signal);
  await running.ended;
}
