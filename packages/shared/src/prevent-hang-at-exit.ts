import { setFlagsFromString } from "node:v8";

/**
 * Prevents that the process hangs when it ends. Node 24 compiles Sparkplug code in a second thread. If that thread needs
 * memory, it waits for the main thread to collect garbage. At the end of the process the main thread waits for the second one,
 * so both wait for ever (https://github.com/nodejs/node/issues/54918). Node 20 always compiles it in the main thread.
 */
export function preventHangAtExit(): void {
  setFlagsFromString("--no-concurrent-sparkplug");
}
