import { type LocalRedis, startRedis } from "@millrace/local";

let shared: Promise<LocalRedis> | undefined;
let prefixes = 0;

/**
 * A server that all tests of this process share, started when first asked for and ended with the
 * process, and a root prefix that no other test has.
 */
export async function redisForTests(): Promise<{ url: string; rootPrefix: string }> {
  shared ??= startRedis();
  const { url } = await shared;
  prefixes += 1;
  return { url, rootPrefix: `t${prefixes}` };
}
