// Python in a worker: starts it when it is needed, ends it when it must be, and asks it things.

export class Ended extends Error {}

// base: where live/ is. told(kind, detail) hears how far the start is, and when Python has ended.
// code: of the whole page; what it will need is loaded at the start.
export function makePython(base, told, code) {
  let worker, waiting, number = 0, ready, total, bytes;

  const begin = () => {
    waiting = new Map();
    bytes = new Map();
    worker = new Worker(new URL("worker.js", base), { type: "module" });
    const mine = worker;
    ready = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => hear(data, resolve);
      worker.onerror = error => {
        error.preventDefault();
        end(mine, error.message || "worker.js");
      };
      waiting.set(0, { reject });
    });
    ready.catch(() => { /* whoever waits hears it; at a start in advance nobody does */ });
    worker.postMessage({ type: "start", code });
    fetch(new URL("manifest.json", base)).then(answer => answer.json()).then(({ files }) => {
      total = Object.values(files).reduce((sum, size) => sum + size, 0);
    }).catch(() => { /* then no total is shown */ });
  };

  const hear = (data, resolve) => {
    const asked = waiting.get(data.id);
    if (data.type === "bytes") {
      bytes.set(data.name, data.bytes);
      told("bytes", { loaded: [...bytes.values()].reduce((a, b) => a + b, 0), total });
    } else if (data.type === "step") told(data.name);
    else if (data.type === "ready") {
      waiting.delete(0);
      resolve();
      told("ready");
    } else if (data.type === "begun") asked?.begun?.();
    else if (data.type === "output") asked?.output?.(data.output);
    else if (data.type === "done") {
      waiting.delete(data.id);
      asked?.resolve(data.value);
    } else if (data.type === "refused") {
      waiting.delete(data.id);
      asked?.reject(new Error(data.message));
    } else if (data.type === "failed") end(worker, data.message);
  };

  // All that waits ends with it.
  const end = (which, reason) => {
    if (which !== worker || !worker) return;
    worker.terminate();
    worker = undefined;
    const rest = [...waiting.values()];
    waiting.clear();
    told("ended", { reason });
    rest.forEach(asked => asked.reject(new Ended(reason)));
  };

  return {
    get on() { return Boolean(worker); },
    start() {
      if (!worker) begin();
      return ready;
    },
    async ask(type, data, hears = {}) {
      await this.start();
      const id = ++number;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject, ...hears });
        worker.postMessage({ ...data, type, id });
      });
    },
    stop: () => end(worker, ""),
  };
}
