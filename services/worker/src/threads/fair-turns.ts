/** Shares a limited number of concurrent runs between keys. */
export interface FairTurns {
  /** Calls `start` when it is the key's turn, and settles with its result. */
  run<Value>(key: string, start: () => Promise<Value>): Promise<Value>;
}

/**
 * Allows `places` concurrent runs. A free place goes to the key with the fewest runs, and among equals to the one whose last
 * turn is longest ago. One additional place exists only for a key that has nothing running. So a key with long runs does
 * not keep all others waiting until one of its runs ends.
 */
export function fairTurns(places: number): FairTurns {
  /** The waiting runs by key, in the order of the keys' last turns. A key without waiting runs is not in it. */
  const waiting = new Map<string, (() => void)[]>();
  const running = new Map<string, number>();
  let total = 0;

  const runsOf = (key: string) => running.get(key) ?? 0;
  const next = (): string | undefined => {
    let first: string | undefined;
    for (const key of waiting.keys()) {
      if (first === undefined || runsOf(key) < runsOf(first)) first = key;
    }
    if (first === undefined || total < places) return first;
    return total === places && runsOf(first) === 0 ? first : undefined;
  };
  const startNext = () => {
    for (let key = next(); key !== undefined; key = next()) {
      const turns = waiting.get(key) ?? [];
      const begin = turns.shift();
      waiting.delete(key);
      if (turns.length > 0) waiting.set(key, turns);
      running.set(key, runsOf(key) + 1);
      total += 1;
      begin?.();
    }
  };
  const ended = (key: string) => {
    total -= 1;
    if (runsOf(key) === 1) running.delete(key);
    else running.set(key, runsOf(key) - 1);
    startNext();
  };

  return {
    async run(key, start) {
      const turn = Promise.withResolvers<void>();
      const turns = waiting.get(key) ?? [];
      turns.push(turn.resolve);
      waiting.set(key, turns);
      startNext();
      await turn.promise;
      try {
        return await start();
      } finally {
        ended(key);
      }
    },
  };
}
