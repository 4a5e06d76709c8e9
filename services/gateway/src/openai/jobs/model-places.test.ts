import { expect, test } from "vitest";
import { modelPlaces, readModelPlaces } from "./model-places.ts";

test("reads models with a queue, and with a pool", () => {
  const places = readModelPlaces("gpt-5=chat, org/ft:small=chat:openai/gpt-5, ");
  expect(places).toEqual(
    new Map([
      ["gpt-5", { queue: "chat", pool: "" }],
      ["org/ft:small", { queue: "chat", pool: "openai/gpt-5" }],
    ]),
  );
});

test.each(["gpt-5", "gpt-5=", "=chat", "gpt-5=Chat", "gpt-5=chat:", "a=chat,a=other"])(
  "does not read %j",
  (text) => expect(readModelPlaces(text)).toBeUndefined(),
);

test("a model that is not named is refused, with the names that there are", () => {
  const places = modelPlaces(new Map([["gpt-5", { queue: "chat", pool: "" }]]), "documents");
  expect(places.placeOf("gpt-5")).toEqual({ queue: "chat", pool: "" });
  expect(() => places.placeOf("gpt-4")).toThrow('there is no model "gpt-4": use one of gpt-5');
});

test("each model is known where none is named", () => {
  const places = modelPlaces(new Map(), "documents");
  expect(places.placeOf("gpt-4")).toEqual({ queue: "documents", pool: "" });
  expect(places.names).toEqual([]);
});
