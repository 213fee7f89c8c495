/** A file piece by piece, in buffers that are used again: what would be left lying for a collector to find would be as large as the file. */
const PIECE = 1 << 20;

/** Each piece is overwritten by the next. Rejects when the file cannot be read. */
export async function* pieces(file: Blob): AsyncGenerator<Uint8Array> {
  const reader = byBuffer(file);
  if (!reader) return yield* sliced(file);
  let buffer = new ArrayBuffer(PIECE);
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(buffer));
    if (done || !value) return;
    yield value;
    buffer = value.buffer;
  }
}

/** Null in browsers that cannot fill a buffer of ours. */
function byBuffer(file: Blob): ReadableStreamBYOBReader | null {
  try {
    return file.stream().getReader({ mode: "byob" });
  } catch {
    return null;
  }
}

async function* sliced(file: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += PIECE) yield new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
}
