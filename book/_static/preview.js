// What a link leads to, shown beside it: a formula, a figure, an exercise, a word or a work.
(() => {
  const WAIT = 300; // milliseconds: a pointer that only passes by opens nothing
  const LINKS = ["equation-", "fig-", "ex-", "term-", "id"]
    .map(kind => `.bd-article a.reference[href*="#${kind}"]`).join(", ");
  const SHOWN = "div.math, figure, div.citation, div.exercise";
  const pages = new Map();
  let box, link, timer, title;

  // In a page that was opened as a file, a browser reads no other: then there is no preview.
  const pageAt = address => {
    if (address === location.href.split("#")[0]) return document;
    if (!pages.has(address)) {
      pages.set(address, fetch(address).then(got => got.text())
        .then(text => new DOMParser().parseFromString(text, "text/html")));
    }
    return pages.get(address);
  };

  const targetIn = (page, id) => {
    const place = page.getElementById(id);
    return place?.matches("dt") ? place.nextElementSibling : place?.closest(SHOWN);
  };

  // Only what is to be read, and no name twice in a page.
  const copyOf = (target, address) => {
    const copy = document.importNode(target, true);
    copy.querySelectorAll(".headerlink, .dz-controls, .dz-beside, .dz-used, [data-frame][hidden]")
      .forEach(one => one.remove());
    copy.querySelectorAll("a").forEach(one => one.replaceWith(...one.childNodes));
    copy.querySelectorAll("img").forEach(one => {
      one.src = new URL(one.getAttribute("src"), address);
    });
    [copy, ...copy.querySelectorAll(":not(svg *)")].forEach(one => one.removeAttribute("id"));
    return copy;
  };

  const close = () => {
    clearTimeout(timer);
    link?.removeAttribute("aria-describedby");
    if (title) link.title = title;
    box?.remove();
    link = box = title = undefined;
  };

  const put = () => {
    const at = link.getClientRects()[0], { width, height } = box.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8));
    const fits = at.bottom + height + 8 < innerHeight || at.top < height + 8;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${(fits ? at.bottom : at.top - height) + scrollY}px`;
  };

  const open = async wanted => {
    const { href, hash } = wanted, address = href.slice(0, href.length - hash.length);
    const page = await Promise.resolve(pageAt(address)).catch(() => null);
    const target = page && targetIn(page, decodeURIComponent(hash.slice(1)));
    if (!target || link !== wanted) return;
    box = document.createElement("div");
    box.className = "dz-preview";
    box.id = "dz-preview";
    box.setAttribute("role", "tooltip");
    box.append(copyOf(target, address));
    document.body.append(box);
    link.setAttribute("aria-describedby", box.id);
    title = link.title; // the browser would show it as well
    link.removeAttribute("title");
    put();
  };

  const begin = ({ target }) => {
    const wanted = target.closest?.(LINKS);
    if (!wanted || wanted === link) return;
    close();
    link = wanted;
    timer = setTimeout(open, WAIT, wanted);
  };

  // It stays while the pointer is on the link or on it.
  const end = ({ relatedTarget }) => {
    if (link && ![link, box].some(one => one?.contains(relatedTarget))) close();
  };

  for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, begin);
  for (const kind of ["pointerout", "focusout"]) document.addEventListener(kind, end);
  document.addEventListener("keydown", ({ key }) => { if (key === "Escape") close(); });
})();
