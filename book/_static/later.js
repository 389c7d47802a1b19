// What the page holds back until a reader comes near: figures, and the colours of folded code.
(() => {
  const near = new IntersectionObserver(
    entries => entries.forEach(({ isIntersecting, target }) => isIntersecting && target.fill()),
    { rootMargin: "600px 0px" });

  class Later extends HTMLElement {
    connectedCallback() { near.observe(this); }
    disconnectedCallback() { near.unobserve(this); }
  }
  customElements.define("dz-later", class extends Later {
    fill() {
      const figure = this.querySelector("noscript");
      // In the copy of a page that never ran scripts, it has been read as elements already.
      if (figure) this.outerHTML = figure.firstElementChild ? figure.innerHTML : figure.textContent;
    }
  });
  customElements.define("dz-code", class extends Later {
    fill() {
      const coloured = this.querySelector("template");
      if (coloured) this.replaceWith(coloured.content.cloneNode(true));
    }
  });

  const all = root => root.querySelectorAll("dz-later, dz-code").forEach(one => one.fill());
  // The other pictures of a figure that moves, before a reader moves it.
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, ({ target }) => {
      const moves = target.closest?.(".dz-explorer");
      if (moves) all(moves);
    });
  }
  addEventListener("beforeprint", () => all(document));
  matchMedia("print").addEventListener("change", ({ matches }) => matches && all(document));
})();
