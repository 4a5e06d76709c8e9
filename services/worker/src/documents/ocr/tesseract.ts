import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import createCore from "tesseract.js-core/tesseract-core-simd-lstm.js";
import { languageFileOf } from "./languages.ts";

/** The engine that reads words by lines, which the files of languages are made for. */
const LSTM_ONLY = 1;
/** How an image is turned before it is read, clockwise: as the field "orientation" of EXIF says it. */
const orientations = { upright: 1, quarter: 6, half: 3, threeQuarters: 8 } as const;
export type Turn = keyof typeof orientations;
/** Resolution that the recognition is told, since images without one are guessed. */
export const DOTS_PER_INCH = 200;

export interface RecognisedText {
  /** Empty lines separate paragraphs. */
  readonly text: string;
  /** How sure the library is of the words, from 0 to 100. */
  readonly confidence: number;
}

type Recognise = (image: Uint8Array, turn: Turn) => RecognisedText;

const nothing: RecognisedText = { text: "", confidence: 0 };

/** Loading a language takes half a second, so a thread keeps the last one. */
let loaded: { readonly languages: string; readonly recognise: Recognise } | undefined;

async function load(languages: readonly string[]): Promise<Recognise> {
  // What the library prints is about single images, and would be in the worker's output.
  const quiet = { print: () => undefined, printErr: () => undefined };
  const core = await createCore(quiet);
  for (const code of languages) {
    const file = languageFileOf(code);
    if (file === undefined) throw new Error(`The language ${code} is not installed.`);
    core.FS.writeFile(`./${code}.traineddata`, gunzipSync(readFileSync(file)));
  }
  const api = new core.TessBaseAPI();
  if (api.Init(null, languages.join("+"), LSTM_ONLY) !== 0) {
    throw new Error(`Text recognition cannot use the languages ${languages.join(", ")}.`);
  }
  api.SetVariable("user_defined_dpi", String(DOTS_PER_INCH));
  return (image, turn) => {
    core.FS.writeFile("/input", image);
    if (api.SetImageFile(orientations[turn], 0) !== 0) return nothing;
    api.Recognize(null);
    const found = { text: api.GetUTF8Text().trim(), confidence: api.MeanTextConf() };
    api.Clear();
    return found;
  };
}

/** Reads the text of an image. Nothing is found in a format that the library cannot read, or in a damaged image. */
export async function recognise(
  image: Uint8Array,
  languages: readonly string[],
  turn: Turn,
): Promise<RecognisedText> {
  const key = languages.join("+");
  if (loaded?.languages !== key) loaded = { languages: key, recognise: await load(languages) };
  return loaded.recognise(image, turn);
}
