type Json = Readonly<Record<string, unknown>>;
type Built = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Texts that a server repeats whole, in place of sending their next piece. */
const whole = new Set(["id", "type", "role", "name", "object", "model", "index"]);

/** Whether a list's items say which item of the whole list they continue. */
const isIndexed = (list: readonly unknown[]): list is readonly (Json & { index: number })[] =>
  list.length > 0 && list.every((item) => isObject(item) && typeof item.index === "number");

/** Adds what `delta` has to `built`, which is changed: texts grow, lists are continued, and anything else is replaced. */
export function mergeDelta(built: Built, delta: Json): void {
  for (const [name, value] of Object.entries(delta)) {
    // An own property in any case, whatever a server sends as its name.
    const before = Object.hasOwn(built, name) ? built[name] : undefined;
    Object.defineProperty(built, name, {
      value: merged(name, before, value),
      ...{ enumerable: true, writable: true, configurable: true },
    });
  }
}

function merged(name: string, before: unknown, value: unknown): unknown {
  if (before === undefined || before === null) return copied(value);
  if (value === null) return before;
  if (typeof before === "string" && typeof value === "string") {
    return whole.has(name) ? value || before : before + value;
  }
  if (Array.isArray(before) && Array.isArray(value)) return mergedList(before, value);
  if (isObject(before) && isObject(value)) {
    mergeDelta(before, value);
    return before;
  }
  return value;
}

function mergedList(before: unknown[], value: readonly unknown[]): unknown[] {
  if (!isIndexed(value)) return [...before, ...value.map(copied)];
  for (const item of value) {
    const known = before.find((one) => isObject(one) && one.index === item.index);
    if (isObject(known)) mergeDelta(known, item);
    else before.push(copied(item));
  }
  return before;
}

/** A copy that may be changed, since the event itself goes to the caller. */
const copied = (value: unknown): unknown =>
  typeof value === "object" && value !== null ? structuredClone(value) : value;
