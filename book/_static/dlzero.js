// The theme lets the keyboard reach code that scrolls sideways, but looks only when the window's
// size changes: have it look again when a box opens.
document.addEventListener("toggle", () => window.dispatchEvent(new Event("resize")), true);

// The theme names every folded output "Toggle hidden content", which hides what its label says.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("details.hide > summary[aria-label]")
    .forEach(summary => summary.removeAttribute("aria-label"));
});

// A wide table scrolls in a box of its own. The theme lets the keyboard reach it; this names it.
(() => {
  const name = () => document.querySelectorAll(".pst-scrollable-table-container").forEach(box => {
    const caption = box.querySelector("caption .caption-text");
    if (caption && box.scrollWidth > box.clientWidth) {
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", caption.textContent);
    } else {
      box.removeAttribute("role");
      box.removeAttribute("aria-label");
    }
  });
  addEventListener("load", name);
  addEventListener("resize", name);
})();
