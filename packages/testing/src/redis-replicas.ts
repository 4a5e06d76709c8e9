import { sleep, systemClock } from "@millrace/shared";
import { type RedisPort, redisCommand } from "./redis-command.ts";

/** The wait between two checks of a condition. */
const ASK_EVERY_MS = 20;
/** Shorter than the time limit of a test, so that the error names the condition. */
const GIVE_UP_AFTER_MS = 50_000;

/** Checks a condition again and again until it holds. A check that throws counts as false. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const startMs = systemClock.nowMs();
  while (!(await holds().catch(() => false))) {
    if (systemClock.nowMs() - startMs > GIVE_UP_AFTER_MS) {
      throw new Error(`this condition did not hold within ${GIVE_UP_AFTER_MS} ms: ${holds}`);
    }
    await sleep(systemClock, ASK_EVERY_MS);
  }
}

/** Whether `INFO` of a server contains a line. */
export const infoSays = async (server: RedisPort, line: string) =>
  (await redisCommand(server, "INFO")).split("\r\n").includes(line);

/** Resolves once a replica has all data of its primary. */
export const untilInSync = (replica: RedisPort): Promise<void> =>
  until(() => infoSays(replica, "master_link_status:up"));

/** Disposes of all servers, even if some of them fail. */
export async function disposeAll(servers: readonly AsyncDisposable[]): Promise<void> {
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
}
