// The store of all that the page keeps for its reader. Nothing of it leaves the browser.
//
//   get(kind, id), set(kind, id, text), remove(kind, id)
//   keys()    all that is kept, as pairs [kind, id]
//   page      the name of this page, as lessons/03_gradient_descent
//
// An id is a page, or a page and a place in it, as page#place; "#place" is a place in this page,
// and "" is for what there is once. Each change is told to the document as "dlzero:kept", also
// one in another window.
(() => {
  const PREFIX = "dlzero:";
  // A reader may forbid storage, or it may be full: then things last as long as the page.
  const memory = new Map();
  const page = document.querySelector("meta[name=dlzero-page]")?.content ?? "";

  const full = id => id.startsWith("#") ? page + id : id;
  const key = (kind, id) => PREFIX + kind + (id && ":" + full(id));
  const parts = key => {
    const [, kind, id] = key.slice(PREFIX.length).match(/^([^:]*):?(.*)$/s);
    return [kind, id];
  };
  const tell = (kind, id, value) => document.dispatchEvent(
    new CustomEvent("dlzero:kept", { detail: { kind, id: full(id), value } }),
  );

  window.dlzeroKeep = {
    page,
    get: (kind, id = "") => {
      const name = key(kind, id);
      if (memory.has(name)) return memory.get(name);
      try { return localStorage.getItem(name); } catch { return null; }
    },
    set: (kind, id, value) => {
      const name = key(kind, id);
      try {
        localStorage.setItem(name, value);
        memory.delete(name);
      } catch { memory.set(name, value); }
      tell(kind, id, value);
    },
    remove: (kind, id = "") => {
      const name = key(kind, id);
      memory.delete(name);
      try { localStorage.removeItem(name); } catch { /* gone above */ }
      tell(kind, id, null);
    },
    keys: () => {
      const names = new Set(memory.keys());
      try { Object.keys(localStorage).forEach(name => names.add(name)); } catch { /* none there */ }
      return [...names].filter(name => name.startsWith(PREFIX)).sort().map(parts);
    },
  };

  addEventListener("storage", event => {
    if (event.key?.startsWith(PREFIX)) tell(...parts(event.key), event.newValue);
  });
})();
