// Python in a thread of its own: the page stays alive while a cell runs, and can end it.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const here = new URL("./", import.meta.url);
const DRAWS = /\b(plots|widgets|matplotlib|compare)\b/;
let python, kernel, plan, id;
const loaded = new Map();

// What is on its way counts, whoever asked for it. The answer itself stays untouched, so that the
// browser keeps what it has compiled of it.
const fetchOriginal = self.fetch;
self.fetch = async (...request) => {
  const answer = await fetchOriginal(...request);
  count(String(request[0]?.url ?? request[0]), answer.clone());
  return answer;
};

async function count(address, answer) {
  const name = address.replace(here.href, "");
  try {
    for await (const part of parts(answer.body.getReader())) {
      loaded.set(name, (loaded.get(name) ?? 0) + part.length);
      post({ type: "bytes", name, bytes: loaded.get(name) });
    }
  } catch { /* whoever asked for it says what is wrong */ }
}

async function* parts(reader) {
  for (let part; !(part = await reader.read()).done;) yield part.value;
}

const post = message => self.postMessage(message);
const step = name => post({ type: "step", name });

// Pyodide reports a file that it could not get, and goes on.
async function load(...names) {
  let problem;
  const said = { messageCallback() {}, errorCallback: text => { problem = text; } };
  await python.loadPackage(names, said);
  const lost = names.find(name => !python.loadedPackages[name]);
  if (lost) throw new Error(`${lost}: ${last({ message: problem })}`);
}

async function text(name, how) {
  const answer = await fetch(new URL(name, here), how);
  if (!answer.ok) throw new Error(`${name} (${answer.status})`);
  return answer.text();
}

async function start(code) {
  step("python");
  // A browser may keep an old lock, which names files that are gone.
  const { version } = JSON.parse(await text("manifest.json", { cache: "no-cache" }));
  const files = Promise.all(["kernel.py", "needed.py"].map(async name =>
    [name, await text(`${name}?v=${version}`)]));
  files.catch(() => { /* heard below */ });
  python = await loadPyodide({
    indexURL: new URL("pyodide/", here).href,
    lockFileURL: new URL(`pyodide/pyodide-lock.json?v=${version}`, here).href,
    // They come while Python starts; what is lost is said below, or when a cell needs it.
    packages: ["numpy", "dlzero", ...(DRAWS.test(code) ? ["matplotlib"] : [])],
    messageCallback() {},
    errorCallback() {},
    env: { HOME: "/course", MPLBACKEND: "AGG", MPLCONFIGDIR: "/course/.mpl" },
  });
  for (const [name, content] of await files) python.FS.writeFile(`/course/${name}`, content);
  await load("numpy", "dlzero");
  python.globals.set("_show", output => {
    post({ type: "output", id, output: output.toJs({ dict_converter: Object.fromEntries }) });
    output.destroy();
  });
  step("package");
  python.runPython("import sys; sys.path.insert(0, '/course')");
  kernel = python.runPython("from kernel import Kernel; Kernel(_show)");
  plan = python.runPython("from needed import needed; needed");
  python.runPython("import dlzero");
}

const draw = async () => {
  if (python.loadedPackages.matplotlib) return;
  step("matplotlib");
  await load("matplotlib");
};

const plain = value => {
  if (!value?.toJs) return value;
  const made = value.toJs({ dict_converter: Object.fromEntries });
  value.destroy();
  return made;
};

const given = value => python.toPy(value);

const does = {
  async run({ code, space, anew, cell, kept }) {
    if (DRAWS.test(code)) await draw();
    await python.loadPackagesFromImports(code, { messageCallback() {}, errorCallback() {} });
    return kernel.run(code, space, anew, cell, kept);
  },
  frame: ({ cell, number, places }) => plain(kernel.frame(cell, number, given(places))),
  complete: ({ code, position, space }) => plain(kernel.complete(code, position, space)),
  help: ({ code, position, space }) => plain(kernel.help(code, position, space)),
  plan: ({ cells, target }) => plain(plan(given(cells), given(target))),
};

let turn;
self.onmessage = ({ data }) => {
  if (data.type === "start") {
    turn = start(data.code).then(() => post({ type: "ready" }), failed);
    return;
  }
  // One after the other, in the order in which they came.
  turn = turn.then(async () => {
    id = data.id;
    post({ type: "begun", id });
    try {
      post({ type: "done", id, value: await does[data.type](data) });
    } catch (error) {
      // What Python raises refuses one request; anything else means that Python itself is lost.
      if (error?.constructor?.name !== "PythonError") throw error;
      post({ type: "refused", id, message: last(error) });
    }
  }).catch(failed);
};

const last = error => String(error?.message ?? error).trim().split("\n").at(-1);

function failed(error) {
  post({ type: "failed", message: last(error) });
  return new Promise(() => {}); // nothing comes after it
}
