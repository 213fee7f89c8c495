// Styles and islands into dist/, under names without hashes: Django's manifest storage adds those.
import { build } from "esbuild";

await build({
  entryPoints: { atelier: "css/atelier.css", compare: "islands/compare.ts", live: "islands/live.ts" },
  outdir: "dist/built",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  target: ["chrome123", "firefox120", "safari17.5"],
  loader: { ".woff2": "file" },
  assetNames: "[name]",
  logLevel: "warning",
});
