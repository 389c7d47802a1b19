// The theme lets the keyboard reach code that scrolls sideways, but looks only when the window's
// size changes: have it look again when a box opens.
document.addEventListener("toggle", () => window.dispatchEvent(new Event("resize")), true);

// An address that leads to a folded box, such as a solution, opens it.
for (const kind of ["DOMContentLoaded", "hashchange"]) {
  addEventListener(kind, () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.matches("details")) target.open = true;
  });
}

// The theme names every folded output "Toggle hidden content", which hides what its label says.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("details.hide > summary[aria-label]")
    .forEach(summary => summary.removeAttribute("aria-label"));
});

// A wide table or formula scrolls in a box of its own. The theme lets the keyboard reach the table's;
// this names it, and does the same for the formula's, which is read as it stands.
(() => {
  const wide = box => box.scrollWidth > box.clientWidth;
  const name = () => {
    document.querySelectorAll(".pst-scrollable-table-container").forEach(box => {
      const caption = box.querySelector("caption .caption-text");
      if (caption && wide(box)) {
        box.setAttribute("role", "region");
        box.setAttribute("aria-label", caption.textContent);
      } else {
        box.removeAttribute("role");
        box.removeAttribute("aria-label");
      }
    });
    document.querySelectorAll("div.math").forEach(box => {
      if (wide(box)) box.tabIndex = 0; else box.removeAttribute("tabindex");
    });
  };
  addEventListener("load", name);
  addEventListener("resize", name);
})();
