/** A worker: the SHA-256 of a file, a slice at a time, so that a file of any size costs a few megabytes. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

const SLICE = 4 << 20;

self.addEventListener("message", async ({ data: file }: MessageEvent<File>) => {
  try {
    const sum = sha256.create();
    for (let at = 0; at < file.size; at += SLICE) {
      sum.update(new Uint8Array(await file.slice(at, at + SLICE).arrayBuffer()));
      self.postMessage({ read: Math.min(file.size, at + SLICE) });
    }
    self.postMessage({ sum: bytesToHex(sum.digest()) });
  } catch {
    self.postMessage({ failed: true });
  }
});
