import { sleep, systemClock } from "@millrace/shared";
import { type RedisPort, redisCommand } from "./redis-command.ts";

/** How often something is asked again that takes its time and tells nobody. */
const ASK_EVERY_MS = 20;
/** Less than a test may take, so that the failure says what was waited for. */
const GIVE_UP_AFTER_MS = 50_000;

/** Asks again until it says so. A server that does not answer has not said so. */
export async function until(says: () => Promise<boolean>): Promise<void> {
  const startMs = systemClock.nowMs();
  while (!(await says().catch(() => false))) {
    if (systemClock.nowMs() - startMs > GIVE_UP_AFTER_MS) {
      throw new Error(`for ${GIVE_UP_AFTER_MS} ms it was not so that ${says}`);
    }
    await sleep(systemClock, ASK_EVERY_MS);
  }
}

/** Whether `INFO` of a server has a line. */
export const infoSays = async (server: RedisPort, line: string) =>
  (await redisCommand(server, "INFO")).split("\r\n").includes(line);

/** Resolves once a replica has what its primary has. */
export const untilInSync = (replica: RedisPort): Promise<void> =>
  until(() => infoSays(replica, "master_link_status:up"));

/** Disposes of all of them, whichever fail. */
export async function disposeAll(servers: readonly AsyncDisposable[]): Promise<void> {
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
}
