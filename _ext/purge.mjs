// node purge.mjs PURGECSS SITE STYLES: leaves in a style sheet what some page or script can use.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [library, site, styles] = process.argv.slice(2);
const { PurgeCSS } = await import(pathToFileURL(library));
const [{ css }] = await new PurgeCSS().purge({
  css: [{ raw: readFileSync(styles, "utf8") }],
  content: [`${site}/**/*.html`, `${site}/_static/site.js`, `${site}/live/*.js`],
  // What scripts alone write, and the two colour schemes.
  safelist: { standard: [/^dz-/], greedy: [/data-theme/, /data-mode/] },
  dynamicAttributes: ["aria-expanded", "open", "hidden"],
});
writeFileSync(styles, css);
