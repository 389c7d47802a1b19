// Progress: what is finished and right, where the reader stopped, and the box with all that is
// kept. _ext/dlzero_keep.py makes the marks and all words.
document.addEventListener("DOMContentLoaded", () => {
  const keep = window.dlzeroKeep, words = document.getElementById("dz-progress");
  if (!words) return;
  const lessons = JSON.parse(words.dataset.lessons); // the number of exercises of each
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  const fill = (text, ...values) => text.replace(/\{(\d)\}/g, (_, number) => values[number]);
  const span = (kind, text) => {
    const made = document.createElement("span");
    made.className = kind;
    made.textContent = text;
    return made;
  };

  // The contents, and the cards of the first page: how far each lesson is.
  const PLACES = "nav.bd-links a.reference, .dz-card-title a.reference";
  const entries = [...document.querySelectorAll(PLACES)].flatMap(link => {
    const { origin, pathname } = new URL(link.href);
    const name = link.getAttribute("href") === "#" ? keep.page
      : decodeURI((origin + pathname).slice((root.origin + root.pathname).length))
        .replace(/(\.html|\/)$/, "");
    return Object.hasOwn(lessons, name) ? [{ link, name }] : [];
  });
  const drawContents = () => {
    const right = {};
    keep.keys().forEach(([kind, id]) => {
      const name = id.split("#")[0];
      if (kind === "right") right[name] = (right[name] ?? 0) + 1;
    });
    entries.forEach(({ link, name }) => {
      link.querySelectorAll(".dz-done, .dz-count, .visually-hidden").forEach(old => old.remove());
      const said = [];
      const show = (kind, sign, text) => {
        const seen = span(kind, sign);
        seen.setAttribute("aria-hidden", true);
        link.append(seen);
        said.push(text);
      };
      if (keep.get("done", name)) show("dz-done", "✓", words.dataset.done);
      if (right[name]) {
        const numbers = [Math.min(right[name], lessons[name]), lessons[name]];
        show("dz-count", numbers.join("/"), fill(words.dataset.right, ...numbers));
      }
      if (said.length) link.append(span("visually-hidden", ` (${said.join(", ")})`));
    });
  };

  // The end of a lesson.
  const finish = document.querySelector(".dz-finish");
  const drawFinish = () => finish?.setAttribute("aria-pressed", Boolean(keep.get("done", keep.page)));
  if (finish) finish.parentElement.hidden = false;
  finish?.addEventListener("click", () => {
    if (keep.get("done", keep.page)) keep.remove("done", keep.page);
    else keep.set("done", keep.page, "1");
  });

  // An exercise is right when check has said so to a cell of the reader's; the solution's own
  // cell does not count.
  document.addEventListener("dlzero:ran", ({ detail: { cell, text, outputs } }) => {
    if (cell?.closest?.(".solution")) return;
    const said = text ?? (outputs ?? []).map(output => output.text ?? "").join("\n");
    for (const [, chapter, number] of said.matchAll(/^(\d+)\.(\d+) +Right\./gm)) {
      const label = `#ex-${chapter}-${number}`;
      if (document.querySelector(label) && !keep.get("right", label)) keep.set("right", label, "1");
    }
  });
  const drawExercises = () => document.querySelectorAll("div.exercise[id]").forEach(box => {
    const title = box.querySelector(":scope > .admonition-title");
    title?.querySelector(".dz-mark")?.remove();
    if (keep.get("right", `#${box.id}`)) title?.append(words.content.cloneNode(true));
  });

  const draw = () => {
    drawContents();
    drawFinish();
    drawExercises();
  };
  const box = document.querySelector(".dz-kept");
  let waits = false;
  document.addEventListener("dlzero:kept", event => {
    if (event.detail.kind === "last" || waits) return;
    waits = true; // many changes at once, as of an import, are drawn once
    queueMicrotask(() => {
      waits = false;
      draw();
      if (box) drawBox();
    });
  });
  draw();

  // Where the reader is: the last heading above the middle of the window.
  if (Object.hasOwn(lessons, keep.page)) {
    const headings = [...document.querySelectorAll("article :is(h1, h2, h3)")];
    const text = heading => {
      const copy = heading.cloneNode(true);
      copy.querySelectorAll(".headerlink").forEach(part => part.remove());
      return copy.textContent.trim();
    };
    const look = () => {
      const passed = headings.filter(h => h.getBoundingClientRect().top < innerHeight / 2);
      const heading = passed.at(-1) ?? headings[0];
      const place = { page: keep.page, title: text(headings[0]) };
      if (heading !== headings[0]) {
        place.id = heading.closest("section").id;
        place.section = text(heading);
      }
      const now = JSON.stringify(place);
      if (now !== keep.get("last")) keep.set("last", "", now);
    };
    let timer;
    addEventListener("scroll", () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        look();
      }, 300);
    }, { passive: true });
  }

  // The way back.
  document.querySelectorAll(".dz-continue").forEach(line => {
    let place;
    try { place = JSON.parse(keep.get("last")); } catch { /* not ours */ }
    if (!place || !Object.hasOwn(lessons, place.page)) return;
    const link = line.firstElementChild, hash = place.id ? `#${encodeURIComponent(place.id)}` : "";
    link.href = new URL(`${place.page}.html${hash}`, root).href;
    const name = [place.title, place.section].filter(Boolean).join(", ");
    link.textContent = fill(line.dataset.text, name);
    line.hidden = false;
  });

  // The box with all that is kept.
  const drawBox = () => {
    const kinds = keep.keys().map(([kind]) => kind);
    box.querySelectorAll("[data-kind]").forEach(place => {
      place.textContent = kinds.filter(kind => kind === place.dataset.kind).length;
    });
  };
  if (!box) return;
  const part = kind => box.querySelector(`.dz-${kind}`), file = box.querySelector("input");
  const news = text => { part("news").textContent = text; };
  const ask = isOpen => {
    part("sure").hidden = !isOpen;
    part("wipe").setAttribute("aria-expanded", isOpen);
    (isOpen ? part("no") : part("wipe")).focus();
  };
  const wipe = () => keep.keys().forEach(([kind, id]) => keep.remove(kind, id));

  part("export").addEventListener("click", () => {
    const keys = keep.keys(), name = "dlzero-progress.json";
    if (!keys.length) return news(box.dataset.nothing);
    const kept = Object.fromEntries(
      keys.map(([kind, id]) => [id ? `${kind}:${id}` : kind, keep.get(kind, id)]),
    );
    const content = { format: "dlzero-progress", version: 1, date: new Date().toISOString(), kept };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(
      new Blob([JSON.stringify(content, null, 1)], { type: "application/json" }),
    );
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    news(fill(box.dataset.saved, name));
  });

  // What the file holds wins over what is here; what only is here stays.
  const read = (name, text) => {
    let content;
    try { content = JSON.parse(text); } catch { /* not ours */ }
    if (content?.format !== "dlzero-progress") return fill(box.dataset.foreign, name);
    if (content.version !== 1) return fill(box.dataset.version, name, content.version);
    const entries = Object.entries(content.kept ?? {});
    const isOurs = ([key, value]) => /^[a-z]+(:.+)?$/s.test(key) && typeof value === "string";
    if (!entries.every(isOurs)) return fill(box.dataset.foreign, name);
    entries.forEach(([key, value]) => {
      const [, kind, id = ""] = key.match(/^([a-z]+)(?::(.+))?$/s);
      keep.set(kind, id, value);
    });
    return fill(box.dataset.loaded, entries.length, name);
  };
  part("import").addEventListener("click", () => file.click());
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (chosen) news(read(chosen.name, await chosen.text()));
    file.value = ""; // so that the same file can be chosen again
  });

  part("wipe").addEventListener("click", () => ask(part("sure").hidden));
  part("no").addEventListener("click", () => ask(false));
  part("yes").addEventListener("click", () => {
    wipe();
    ask(false);
    news(box.dataset.wiped);
  });
  part("wipe").setAttribute("aria-expanded", false);
  drawBox();
  box.hidden = false;
});
