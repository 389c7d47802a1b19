// A figure as large as the window: by a click on its picture, or by the button in its corner.
// Figures that move stay where their sliders are.
(() => {
  const words = document.currentScript.dataset;
  if (!words.enlarge) return;

  const made = (tag, name, label) => {
    const element = document.createElement(tag);
    element.className = name;
    if (label) element.setAttribute("aria-label", label);
    if (tag === "button") element.type = "button";
    return element;
  };
  const dialog = made("dialog", "dz-large"), room = made("div", "dz-room"), text = made("p", "");
  const zoom = made("button", "dz-zoom", words.zoom), close = made("button", "dz-close", words.close);
  room.tabIndex = 0; // the arrow keys move what is larger than the window
  dialog.append(close, zoom, room, text);

  const twice = on => {
    room.classList.toggle("dz-twice", on);
    zoom.setAttribute("aria-pressed", on);
  };

  const open = figure => {
    figure.querySelector("dz-later")?.fill();
    const picture = figure.querySelector("svg[role]").cloneNode(true);
    // What the drawing uses is on the page already, under the same names.
    picture.querySelectorAll("defs").forEach(defs => defs.remove());
    const [, , width, height] = picture.getAttribute("viewBox").split(" ");
    picture.style = `--dz-width: ${width}; --dz-height: ${height}`;
    const caption = figure.closest("figure").querySelector("figcaption").cloneNode(true);
    caption.querySelectorAll(".headerlink").forEach(link => link.remove());
    text.textContent = caption.textContent.trim();
    dialog.setAttribute("aria-label", text.textContent);
    room.replaceChildren(picture);
    twice(false);
    document.body.append(dialog);
    figure.querySelector(".dz-enlarge")?.focus({ preventScroll: true }); // it has the focus again
    dialog.showModal();
  };

  zoom.addEventListener("click", () => twice(zoom.getAttribute("aria-pressed") === "false"));
  close.addEventListener("click", () => dialog.close());
  room.addEventListener("click", ({ target }) => {
    if (target === room) dialog.close(); else zoom.click();
  });
  // Chromium keeps the key for itself where something that scrolls has the focus.
  dialog.addEventListener("keydown", ({ key }) => { if (key === "Escape") dialog.close(); });
  dialog.addEventListener("close", () => dialog.remove());

  const offer = () => document.querySelectorAll(".dz-figure:not(:has(.dz-enlarge))").forEach(
    figure => figure.append(made("button", "dz-enlarge", words.enlarge)));
  document.addEventListener("click", ({ target }) => {
    const figure = target.closest?.(".dz-figure");
    if (figure && target.closest(".dz-enlarge, svg, dz-later")) open(figure);
  });
  document.addEventListener("DOMContentLoaded", () => {
    offer();
    // Cells that are run bring figures too.
    new MutationObserver(offer).observe(document.body, { childList: true, subtree: true });
  });
})();
