// Takes from a page that is laid out for paper what stands on it, as XHTML. Ids and links get the name
// of the page before them, so that many pages fit into one document.
({ name, names, website }) => {
  const article = document.querySelector(".bd-article");
  const all = selector => [...article.querySelectorAll(selector)];
  const site = location.href.slice(0, -`${name}.html`.length);
  const anchor = (page, id) => `${page.replaceAll("/", "-")}--${id || "top"}`;
  const own = id => anchor(name, id);

  // The style sheet for paper says what is not on it.
  for (const part of all(":not(svg *)")) {
    if (part.isConnected && getComputedStyle(part).display === "none") part.remove();
  }
  all("script, template, noscript, a.headerlink").forEach(part => part.remove());
  // Where nothing is pressed, moved or said again, words are words.
  all("button, summary p").forEach(part => part.replaceWith(...part.childNodes));
  all("label, output").forEach(part => {
    const plain = document.createElement(part.localName === "label" ? "span" : "div");
    if (part.localName === "output") plain.className = "dz-said";
    plain.append(...part.childNodes);
    part.replaceWith(plain);
  });
  all("[role=doc-biblioentry]").forEach(part => part.removeAttribute("role")); // no longer in use
  // A link leads to the first of two that have the same name.
  all("[id]").forEach(part => {
    if (document.getElementById(part.id) !== part) part.removeAttribute("id");
  });

  for (const part of all("*")) {
    for (const { name: attribute, value } of [...part.attributes]) {
      if (/^(data-|on|aria-(controls|describedby|expanded|live|pressed)|tabindex$|hidden$)/.test(attribute)) {
        part.removeAttribute(attribute);
      } else if (attribute === "id") part.id = own(value);
      else if (/^(for|aria-labelledby)$/.test(attribute)) {
        part.setAttribute(attribute, value.split(/\s+/).map(own).join(" "));
      } else if (/^(xlink:)?href$/.test(attribute) && part.closest("svg") && value.startsWith("#")) {
        part.setAttribute(attribute, `#${own(value.slice(1))}`);
      } else if (value.includes("url(#")) {
        part.setAttribute(attribute, value.replace(/url\(#([^)]*)\)/g, (_, id) => `url(#${own(id)})`));
      }
    }
  }
  all("img").forEach(image => { image.src = image.src.split("?")[0]; });
  all("a").filter(link => !link.closest("svg")).forEach(link => {
    const href = link.getAttribute("href");
    if (href === null) return;
    const [address, id] = link.href.split("#");
    if (!address.startsWith(site)) return;
    const target = address.slice(site.length).split("?")[0], page = target.replace(/\.html$/, "");
    if (names.includes(page)) link.setAttribute("href", `#${anchor(page, decodeURIComponent(id ?? ""))}`);
    else if (website) link.href = website + link.href.slice(site.length);
    else link.removeAttribute("href");
  });

  const title = article.querySelector("h1").textContent.trim();
  // A section may begin on the page before its title.
  all("section > :is(h1, h2, h3, h4)").forEach(heading => {
    const section = heading.parentElement;
    if (!section.id || heading.id) return;
    heading.id = section.id;
    section.removeAttribute("id");
  });
  const sections = all("h2").map(heading => ({
    id: heading.id || own(""),
    title: heading.textContent.trim(),
  }));
  const serializer = new XMLSerializer();
  const body = [...article.childNodes].map(node => serializer.serializeToString(node)).join("");
  const styles = [...document.querySelectorAll("link[rel=stylesheet]")].map(link => link.href);
  return { title, sections, body, styles };
}
