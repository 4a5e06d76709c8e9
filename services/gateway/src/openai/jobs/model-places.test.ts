import { RpcFault, rpcError } from "@millrace/runtime";
import { expect, test } from "vitest";
import { modelPlaces } from "./model-places.ts";

interface Model {
  readonly name: string;
  readonly aliases: string[];
}

function setup(models: Model[]) {
  const asked: string[] = [];
  const time = { ms: 1_000 };
  const listModels = async ({ name = "" }) => {
    asked.push(name);
    if (name === "") return { models };
    const found = models.filter((one) => one.name === name);
    if (found.length > 0) return { models: found };
    throw rpcError({ reason: "MODEL_NOT_FOUND", message: `no ${name} (similar: gpt-5)` });
  };
  const scheduler = { listModels } as unknown as Parameters<typeof modelPlaces>[0];
  const clock = { nowMs: () => time.ms } as Parameters<typeof modelPlaces>[2];
  return { asked, time, models, places: modelPlaces(scheduler, "documents", clock) };
}

test("jobs name the models of the catalogue, and all wait in one queue", async () => {
  const { places } = setup([{ name: "gpt-5", aliases: ["best"] }]);
  expect(await places.placeOf("best")).toEqual({ queue: "documents", model: "best" });
  expect(await places.names()).toEqual(["gpt-5", "best"]);
  await places.find("best");
  await expect(places.placeOf("two words")).rejects.toMatchObject({ reason: "MODEL_NOT_FOUND" });
});

test("each model is passed on while the catalogue is empty", async () => {
  const { places } = setup([]);
  expect(await places.placeOf("two words")).toEqual({ queue: "documents", model: "" });
  await places.find("gpt-4");
  expect(await places.names()).toEqual([]);
});

test("a name that is not known is looked up, and one that there is not is refused with similar names", async () => {
  const { places, models } = setup([{ name: "gpt-5", aliases: [] }]);
  await places.names();
  models.push({ name: "new", aliases: [] });
  await places.find("new");
  const refused = await places.find("gpt-4").catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RpcFault);
  expect(refused).toMatchObject({
    reason: "MODEL_NOT_FOUND",
    message: "no gpt-4 (similar: gpt-5)",
    violations: [{ field: "model" }],
  });
});

test("the names are read again after two seconds, and not before", async () => {
  const { places, asked, time, models } = setup([{ name: "a", aliases: [] }]);
  await places.names();
  models.push({ name: "b", aliases: [] });
  time.ms += 1_999;
  expect(await places.names()).toHaveLength(1);
  time.ms += 1;
  expect(await places.names()).toEqual(["a", "b"]);
  expect(asked).toEqual(["", ""]);
});
