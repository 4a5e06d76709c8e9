/** What we use of the library, which has no types. */
declare module "tesseract.js-core/tesseract-core-simd-lstm.js" {
  interface TessBaseApi {
    Init(path: null, languages: string, engine: number): number;
    SetVariable(name: string, value: string): void;
    /** Reads the file /input. */
    SetImageFile(orientation: number, angle: number): number;
    Recognize(monitor: null): number;
    GetUTF8Text(): string;
    MeanTextConf(): number;
    Clear(): void;
  }
  interface Core {
    readonly FS: { writeFile(path: string, content: Uint8Array): void };
    readonly TessBaseAPI: new () => TessBaseApi;
  }
  export default function createCore(options: {
    print(line: string): void;
    printErr(line: string): void;
  }): Promise<Core>;
}
