import { type LocalRedis, startRedis } from "@millrace/local";

let shared: Promise<LocalRedis> | undefined;
let prefixes = 0;

/**
 * Returns a server that all tests of this process share, and a root prefix that no other test has. The server
 * starts with the first call and ends with the process.
 */
export async function redisForTests(): Promise<{ url: string; rootPrefix: string }> {
  shared ??= startRedis();
  const { url } = await shared;
  prefixes += 1;
  return { url, rootPrefix: `t${prefixes}` };
}
