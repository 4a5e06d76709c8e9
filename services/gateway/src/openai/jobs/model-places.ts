import { rpcError } from "@millrace/runtime";

/** Where jobs of a model wait. */
export interface ModelPlace {
  readonly queue: string;
  /** Empty: any worker of the queue may run them. */
  readonly pool: string;
}

/** What a model's name means to this gateway. */
export interface ModelPlaces {
  /** Throws MODEL_NOT_FOUND. */
  placeOf(model: string): ModelPlace;
  /** The names that callers may use, as far as they are known. */
  readonly names: readonly string[];
}

/** How many known names an error repeats. */
const NAMED = 10;

/**
 * The models that MILLRACE_OPENAI_MODELS names. Without that setting each model is known, and its jobs wait in the default
 * queue: whether a provider has the model shows when it is called.
 */
export function modelPlaces(
  models: ReadonlyMap<string, ModelPlace>,
  defaultQueue: string,
): ModelPlaces {
  const names = [...models.keys()];
  return {
    names,
    placeOf(model) {
      if (models.size === 0) return { queue: defaultQueue, pool: "" };
      const place = models.get(model);
      if (place !== undefined) return place;
      const more = names.length > NAMED ? ", …" : "";
      const description = `there is no model ${JSON.stringify(model)}: use one of ${names.slice(0, NAMED).join(", ")}${more}`;
      throw rpcError({
        reason: "MODEL_NOT_FOUND",
        message: description,
        violations: [{ field: "model", description }],
      });
    },
  };
}

const ENTRY = /^(.+)=([a-z][a-z0-9-]{0,62})(?::([a-z0-9][a-z0-9._/-]{0,62}))?$/;

/** Reads `model=queue` and `model=queue:pool`, separated by commas. Undefined if the text is not like that. */
export function readModelPlaces(text: string): ReadonlyMap<string, ModelPlace> | undefined {
  const places = new Map<string, ModelPlace>();
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (entry === "") continue;
    const [, model, queue, pool = ""] = ENTRY.exec(entry) ?? [];
    if (model === undefined || queue === undefined || places.has(model)) return undefined;
    places.set(model, { queue, pool });
  }
  return places;
}
