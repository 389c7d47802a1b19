// node compile.mjs PYODIDE JOBS: runs cut.py in the pinned Pyodide, for each job of a JSON file:
// {"from": archive, "to": archive, "place": where its modules will stand, "keep_source": bool}
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, jobs] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, "pyodide.mjs")));
const python = await loadPyodide({ indexURL: folder });
python.runPython(readFileSync(new URL("cut.py", import.meta.url), "utf8"));
const cut = python.runPython("lambda data, *more: cut(data.to_bytes(), *more)");
try {
  for (const { from, to, place, keep_source } of JSON.parse(readFileSync(jobs, "utf8"))) {
    const made = cut(new Uint8Array(readFileSync(from)), place, keep_source);
    writeFileSync(to, made.toJs());
    made.destroy();
  }
} catch (error) {
  // Node itself would print the line where it was thrown, and Pyodide is one line.
  console.error(error.message);
  process.exit(1);
}
