// Styles and islands into dist/, under names without hashes: Django's manifest storage adds those.
import { readdirSync } from "node:fs";
import { build } from "esbuild";

/** The files of a folder as entries: each becomes `dist/built/NAME` + `suffix`. What entries share lies in folders below. */
const entries = (folder, suffix) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => [name.replace(/\.\w+$/, suffix), `${folder}/${name}`]);

await build({
  entryPoints: { atelier: "css/atelier.css", ...Object.fromEntries([...entries("css/rooms", ".room"), ...entries("islands", "")]) },
  outdir: "dist/built",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  target: ["chrome123", "firefox120", "safari17.5"],
  loader: { ".woff2": "file" },
  alias: { "@uppy/companion-client": "./islands/lib/companion.ts" },
  assetNames: "[name]",
  logLevel: "warning",
});
