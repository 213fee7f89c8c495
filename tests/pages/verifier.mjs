// Asks the browser's verifier, whose bundle is the first argument, about each line of standard input; with "slices" as in a browser
// that fills no buffers of others.
import { createInterface } from "node:readline";

const { verify } = await import(process.argv[2]);
if (process.argv[3] === "slices") {
  Blob.prototype.stream = () => {
    throw new TypeError("no buffers");
  };
}
const bytes = (text) => (text === null ? null : Buffer.from(text, "base64"));

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const beside = asked.beside === null ? null : new Blob([bytes(asked.beside)]);
  const question = { ...asked, model: new Blob([bytes(asked.model)]), beside, root: bytes(asked.root), revocations: bytes(asked.revocations) };
  const { code, word, values, certificate } = await verify(question, () => {});
  console.log(JSON.stringify({ code, word, values, licence: certificate?.licence ?? null }));
}
