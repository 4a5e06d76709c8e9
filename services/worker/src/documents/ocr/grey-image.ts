/** An image in shades of grey, a byte for each pixel, from the top left. */
export interface GreyImage {
  readonly grey: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The image as a PGM file. */
export function pgmOf({ grey, width, height }: GreyImage): Uint8Array {
  const head = Buffer.from(`P5\n${width} ${height}\n255\n`);
  const file = new Uint8Array(head.length + grey.length);
  file.set(head);
  file.set(grey, head.length);
  return file;
}

/** Turns an image by a quarter, clockwise. */
export function turned({ grey, width, height }: GreyImage): GreyImage {
  const result = new Uint8Array(grey.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      result[x * height + height - 1 - y] = grey[y * width + x] ?? 0;
    }
  }
  return { grey: result, width: height, height: width };
}
