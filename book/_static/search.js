// The search: what is found while a reader types, in the dialog and on the page of the search.
// _ext/dlzero_search.py makes the index, which is loaded when a search begins, and all words.
(() => {
  // Words: as they stand, and by their stem. A Greek letter is read by its name, as in code.
  const GREEK = {
    α: "alpha", β: "beta", γ: "gamma", δ: "delta", ε: "eps", η: "eta", θ: "theta", κ: "kappa",
    λ: "lambda", μ: "mu", ρ: "rho", σ: "sigma", τ: "tau", φ: "phi",
  };
  const WORD = /[\p{L}\p{N}]+(?:[._][\p{L}\p{N}]+)*/gu;
  const ONE = /\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}._])+/gu;
  const plain = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
    .replace(/[α-ω]/g, letter => GREEK[letter] ?? letter).replace(/ł/g, "l").replace(/[’']s?\b/g, "");
  const split = text => (plain(text).match(WORD) ?? []).flatMap(word => word.match(ONE));
  // A name of the package counts as a whole and by its parts; a number, such as 5.3, as a whole.
  const tokenize = text => split(text).flatMap(word => {
    if (!/[._]/.test(word) || !/\p{L}/u.test(word)) return [word];
    return [...new Set([word, ...word.split("."), ...word.split(/[._]+/)])].filter(Boolean);
  });
  // British and American spelling, singular and plural, and the forms of a verb are one.
  const stems = new Map();
  const stem = word => {
    if (!stems.has(word)) stems.set(word, /^[a-z]{4,}$/.test(word) ? cut(word) : word);
    return stems.get(word);
  };
  const cut = word => {
    const short = word
      .replace(/(is|iz|ys|yz)(e[srd]?|ers?|ing|ations?)$/, (_, root) => root.replace("s", "z"))
      .replace(/([a-z]{3})our(s|al)?$/, "$1or$2")
      .replace(/ies$/, "y").replace(/(ss|sh|ch|x)es$/, "$1").replace(/([^su])s$/, "$1")
      .replace(/([a-z]{3})(ing|ed)$/, "$1").replace(/([bdglmnprt])\1$/, "$1");
    return short.length > 3 ? short.replace(/e$/, "") : short;
  };
  const STOP = new Set(("a an and are as at be but by can could do does for from get had has have "
    + "how i if in is it its me mine my of on or should so than that the their then there these "
    + "this to was we what when where which who whom why will use with would you your about").split(" "));

  // The index is made once, in parts, so that a reader can go on typing.
  const make = async ({ pages, units, synonyms }) => {
    const index = new MiniSearch({
      fields: ["title", "page", "also", "text"], tokenize, processTerm: stem,
      searchOptions: { boost: { title: 5, also: 5, page: 1.5 } },
    });
    const all = units.map(([number, anchor, title, text, weight, also = ""], id) => {
      const [url, page] = pages[number], next = units[id + 1]?.[3] ?? "";
      return { id, url, page, anchor, title, text, next, weight, also };
    });
    await index.addAllAsync(all, { chunkSize: 100 });
    const groups = synonyms.map(sides => sides.map(
      side => side.map(phrase => split(phrase).map(stem))));
    return { index, all, groups };
  };

  const root = new URL(document.documentElement.dataset.content_root ?? "./", location.href);
  const script = name => new Promise((resolve, reject) => {
    const made = document.createElement("script");
    const src = new URL(name, root);
    Object.assign(made, { src, async: true, onload: resolve, onerror: reject });
    document.head.append(made);
  });
  let loading;
  const load = () => {
    loading ??= Promise.all([script("vendor/minisearch.js"), script("searchindex.js")])
      .then(() => make(window.dlzeroIndex));
    loading.catch(() => { loading = undefined; });
    return loading;
  };

  // What is looked for: slots, each of which is a word or a phrase, and what else may stand there.
  const slotsOf = (terms, groups) => {
    const slots = [];
    for (let at = 0; at < terms.length;) {
      let own = [terms[at]], also = [], isSaid = true;
      for (const [typed, said] of groups) {
        for (const phrase of typed) {
          const isHere = phrase.every((term, i) => terms[at + i] === term);
          if (!isHere || phrase.length < own.length) continue;
          if (phrase.length > own.length) also = [];
          own = phrase;
          isSaid = said.some(other => other.join() === phrase.join());
          also.push(...said.filter(other => other.join() !== phrase.join()));
        }
      }
      slots.push({ own, also, worth: isSaid ? 1 : 0.5 });
      at += own.length;
    }
    return slots;
  };

  // All places where a slot is met, by its own words, or else by words that look like them.
  const meet = (index, slot, isLast) => {
    const best = new Map();
    const look = (phrase, worth, options) => {
      const found = index.search(phrase.join(" "), { combineWith: "AND", ...options });
      for (const { id, score, terms } of found) {
        const kept = best.get(id) ?? { score: 0, terms: [] };
        best.set(id, {
          score: Math.max(kept.score, score * worth / phrase.length), terms: [...kept.terms, ...terms],
        });
      }
    };
    const { own, also, worth } = slot, prefix = term => isLast && /^[a-z]{3,}$/.test(term);
    look(own, worth, { prefix });
    also.forEach(phrase => look(phrase, 0.9, {}));
    if (best.size) return best;
    look(own, 1, { prefix, fuzzy: term => /^[a-z]{4,}$/.test(term) && 0.25 });
    // What was meant, as far as one can tell.
    const [first] = [...best.values()].sort((one, other) => other.score - one.score);
    if (first && own.length === 1) slot.own = first.terms.slice(0, 1);
    return best;
  };

  const find = ({ index, all, groups }, query) => {
    const every = slotsOf(split(query).map(stem), groups);
    const useful = every.filter(({ own }) => own.length > 1 || !STOP.has(own[0]));
    const slots = useful.length ? useful : every, hits = new Map();
    slots.forEach((slot, number) => {
      for (const [id, { score, terms }] of meet(index, slot, number === slots.length - 1)) {
        const hit = hits.get(id) ?? { ...all[id], score: 0, met: 0, terms: new Set() };
        hit.score += score * slots[number].own.length;
        hit.met += 1;
        terms.forEach(term => hit.terms.add(term));
        hits.set(id, hit);
      }
    });
    // The more of the question is there, the better; best of all, word after word.
    const byScore = (one, other) => other.score - one.score || one.id - other.id;
    const found = [...hits.values()];
    found.forEach(hit => { hit.score *= hit.weight * (hit.met / slots.length) ** 2; });
    const terms = slots.flatMap(({ own }) => own), phrase = ` ${terms.join(" ")} `;
    const said = slots.length === 1 ? slots[0].also.map(other => ` ${other.join(" ")} `) : [];
    const inOrder = text => ` ${split(text).map(stem).filter(term => !STOP.has(term)).join(" ")} `;
    found.sort(byScore).slice(0, 50).forEach(hit => {
      const title = inOrder(hit.title);
      if (title === phrase || inOrder(hit.also) === phrase) hit.score *= 3;
      else if (said.includes(title)) hit.score *= 2;
      else if (title.includes(phrase)) hit.score *= 1.5;
      else if (terms.length > 1 && inOrder(hit.text).includes(phrase)) hit.score *= 1.4;
      if (hit.title === query) hit.score *= 1.2;
    });
    return found.sort(byScore).filter(hit => hit.score > found[0].score / 40).slice(0, 40);
  };
  // The part of a text that says most about what was looked for, with marks on the words.
  const SHOWN = /[\p{L}\p{N}\p{M}]+(?:[._][\p{L}\p{N}\p{M}]+)*/gu;
  const AROUND = 170;
  const isHit = (word, terms) => tokenize(word).some(one => terms.has(stem(one)));
  const wordsIn = (text, terms) => [...text.matchAll(SHOWN)].filter(
    ([word]) => isHit(word, terms));
  const excerpt = ({ text, next, terms }) => {
    text ||= next; // a heading with another right below it
    const found = wordsIn(text, terms);
    const worth = ({ index }) => new Set(
      found.filter(other => other.index >= index && other.index < index + AROUND)
        .map(([word]) => stem(plain(word)))).size;
    let from = 0;
    if (found.length && text.length > AROUND + 80) {
      const best = found.reduce((one, other) => worth(other) > worth(one) ? other : one);
      from = Math.max(0, best.index - 50);
      if (from) from = text.indexOf(" ", from) + 1;
    }
    const cut = text.lastIndexOf(" ", from + AROUND + 50);
    const to = text.length > from + AROUND + 50 && cut > from ? cut : text.length;
    const shown = document.createElement("p");
    shown.append(...marked(text.slice(from, to), terms));
    if (from) shown.prepend("… ");
    if (to < text.length) shown.append(" …");
    return shown;
  };
  const marked = (text, terms) => {
    const parts = [];
    let at = 0;
    for (const { 0: word, index } of wordsIn(text, terms)) {
      const mark = document.createElement("mark");
      mark.textContent = word;
      parts.push(text.slice(at, index), mark);
      at = index + word.length;
    }
    return [...parts, text.slice(at)];
  };

  // The page that opens marks the words, too.
  const addressOf = ({ url, anchor, title, text, terms }) => {
    const address = new URL(url, root);
    const seen = wordsIn(`${title} ${text}`, terms).map(([word]) => word.toLowerCase());
    const long = [...new Set(seen)].filter(word => /^\p{L}{3,}$/u.test(word)).slice(0, 4);
    if (long.length) address.searchParams.set("highlight", long.join(" "));
    if (anchor) address.hash = anchor;
    return address;
  };
  const itemOf = hit => {
    const item = document.createElement("li"), link = document.createElement("a");
    const name = document.createElement("strong");
    link.href = addressOf(hit);
    name.append(...marked(hit.title, hit.terms));
    if (hit.anchor) link.append(`${hit.page} › `);
    link.append(name);
    item.append(link, excerpt(hit));
    return item;
  };

  const start = box => {
    const dialog = box.closest("dialog"), form = box.previousElementSibling;
    const field = form.querySelector("input"), list = box.querySelector("ol");
    const status = box.querySelector("[role=status]"), others = box.querySelector(".dz-else");
    const more = box.querySelector(".dz-more"), most = dialog ? 8 : Infinity;
    let asked = "";

    const show = (text, hits = [], help = false) => {
      status.textContent = text;
      list.replaceChildren(...hits.map(itemOf));
      list.ariaBusy = false;
      others.hidden = !help;
      more.hidden = true;
    };
    const search = async () => {
      const query = asked = field.value.trim();
      list.ariaBusy = true;
      if (!query) return show("");
      const slow = setTimeout(() => { status.textContent = box.dataset.loading; }, 500);
      try {
        const index = await load();
        if (query !== asked) return;
        const hits = find(index, query);
        const text = hits.length ? box.dataset.count.replace("{0}", hits.length)
          : box.dataset.none.replace("{0}", query);
        show(text, hits.slice(0, most), !hits.length);
        more.hidden = hits.length <= most;
        more.firstElementChild.href = `${form.action}?q=${encodeURIComponent(query)}`;
      } catch {
        if (query === asked) show(box.dataset.failed, [], true);
      } finally { clearTimeout(slow); }
    };

    more.firstElementChild.textContent = box.dataset.more;
    let waiting;
    field.addEventListener("focus", () => { load().catch(() => {}); });
    field.addEventListener("input", () => {
      list.ariaBusy = true;
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        search();
        if (!dialog) history.replaceState(null, "", `?q=${encodeURIComponent(field.value.trim())}`);
      }, 150);
    });
    // Up and down go through the field and the links.
    (dialog ?? box.parentElement).addEventListener("keydown", event => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const places = [field, ...box.querySelectorAll("a")].filter(place => place.checkVisibility());
      const next = places[places.indexOf(document.activeElement) + step];
      if (!next || !places.includes(document.activeElement)) return;
      event.preventDefault();
      next.focus();
    });
    if (dialog) return;
    form.addEventListener("submit", event => {
      event.preventDefault();
      search();
    });
    field.value = new URLSearchParams(location.search).get("q") ?? "";
    field.focus();
    search();
  };

  document.addEventListener("DOMContentLoaded", () => {
    const box = document.getElementById("dz-search");
    if (!box) return;
    document.querySelector("#pst-search-dialog form").after(box.content.cloneNode(true));
    document.querySelectorAll(".dz-search").forEach(start);
  });
  // A key opens the search, unless the reader writes.
  document.addEventListener("keydown", event => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (key !== "/" || ctrlKey || metaKey || altKey) return;
    // A field of a dialog that was just closed has the focus until the page is drawn again.
    if (target.closest?.("input, textarea, select, [contenteditable]")?.checkVisibility()) return;
    const button = document.querySelector(".search-button__button");
    if (!button || !document.querySelector(".dz-search")) return;
    event.preventDefault();
    button.click();
  });
})();
