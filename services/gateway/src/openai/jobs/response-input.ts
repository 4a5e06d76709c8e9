import { isObject, type JsonObject } from "./read-call.ts";

/** The input of a response as a list of items. Text is a message of the user. */
export function inputItemsOf({ input }: JsonObject): readonly JsonObject[] {
  if (typeof input === "string") {
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
  }
  return Array.isArray(input) ? input.filter(isObject) : [];
}

/** The items of an input, each with an id. Those that callers did not name get one by their place, which does not change. */
export const namedItemsOf = (body: JsonObject, responseId: string): readonly JsonObject[] =>
  inputItemsOf(body).map((item, index) => ({
    type: "message",
    ...(item.type === undefined || item.type === "message" ? { status: "completed" } : {}),
    ...item,
    id: typeof item.id === "string" ? item.id : `item_${responseId}_${index}`,
  }));
