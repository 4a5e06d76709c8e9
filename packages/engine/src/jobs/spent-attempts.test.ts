import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { luaPath } from "../../test/scripts.ts";
import { setup } from "../../test/setup.ts";
import { loadLua } from "../redis/define-script.ts";

interface EndedAttempt {
  readonly options?: string;
  readonly spent: number;
  readonly stalls?: number;
  readonly max_stalls?: number;
  readonly episodes?: number;
  readonly max_bounces?: number;
}

async function afterAttempts() {
  const { url } = await setup();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const lua = `local rcall = redis.call
${loadLua(luaPath("jobs/lib/attempts"))}
local spent, last, suspect = attempts.after(ARGV[1], cjson.decode(ARGV[2]))
return { spent or "no", last or "no", suspect and "suspect" or "no" }`;
  return (how: string, job: EndedAttempt) =>
    redis.eval(lua, 0, how, JSON.stringify({ key: "none", options: '{"attempts":3}', ...job }));
}

test.each([
  ["retry", { spent: 0 }, [1, "no", "no"]],
  // The scheduler decides whether it retries.
  ["retry", { spent: 2 }, [3, "no", "no"]],
  ["retry", { spent: 0, stalls: 1 }, [1, "no", "no"]],
  ["retry", { spent: 1, stalls: 1 }, [2, "no", "suspect"]],
  ["release", { spent: 1, stalls: 1 }, ["no", "no", "no"]],
  ["bounce", { spent: 0, episodes: 2 }, ["no", "no", "no"]],
  ["bounce", { spent: 0, episodes: 3 }, [1, "no", "no"]],
  ["bounce", { spent: 0, episodes: 4 }, ["no", "no", "no"]],
  ["bounce", { spent: 0, episodes: 6 }, [1, "no", "no"]],
  // The episode was counted before.
  ["bounce", { spent: 0 }, ["no", "no", "no"]],
  ["bounce", { spent: 0, episodes: 1, max_bounces: 0 }, [1, "no", "no"]],
  ["bounce", { spent: 1, episodes: 3, stalls: 1 }, [2, "no", "suspect"]],
  ["bounce", { spent: 2, episodes: 3 }, [3, "attempts", "no"]],
  ["bounce", { spent: 2, episodes: 2 }, ["no", "no", "no"]],
  ["lost", { spent: 0, stalls: 1 }, [1, "no", "no"]],
  ["lost", { spent: 1, stalls: 1 }, [2, "no", "suspect"]],
  ["lost", { spent: 2, stalls: 1 }, [3, "attempts", "no"]],
  ["lost", { spent: 0, stalls: 1, max_stalls: 1 }, [1, "no", "suspect"]],
  ["lost", { spent: 0, stalls: 2, max_stalls: 1 }, [1, "stalls", "no"]],
  ["lost", { spent: 2, stalls: 2, max_stalls: 1 }, [3, "stalls", "no"]],
  ["lost", { spent: 0, stalls: 1, options: "{" }, [1, "unreadable", "no"]],
] as const)(
  "%s with %j spends, is the last, and leaves a suspect as the rule says",
  async (how, job, expected) => {
    const after = await afterAttempts();
    expect(
      await after(how, { ...(how === "lost" ? { max_stalls: 5 } : {}), max_bounces: 2, ...job }),
    ).toEqual(expected);
  },
);
