// Moves the frames of a figure on a page without a kernel. The page of each figure holds it once,
// without its comments.
(() => {
  const root = document.currentScript.closest(".dz-explorer");
  const all = selector => [...root.querySelectorAll(selector)];
  const inputs = all("input"), frames = all("[data-frame]"), icons = all("button path");
  const first = inputs[0], [button] = all("button"), [out] = all("output");
  // Whoever asked the system for less motion gets one step a press instead of play.
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let timer = 0;
  // A site says the names of buttons in the language of its pages.
  const words = document.querySelector("script[data-pause]")?.dataset ?? {};
  const said = frame => frame.firstElementChild.getAttribute("aria-label");
  const show = () => {
    const at = inputs.reduce((i, input) => i * (+input.max + 1) + +input.value, 0);
    frames.forEach((frame, i) => { frame.hidden = i !== at; });
    out.textContent = said(frames[at]);
    for (const input of inputs) {
      const value = JSON.parse(input.dataset.values)[input.value];
      input.setAttribute("aria-valuetext", value);
      input.parentElement.nextElementSibling.textContent = value;
    }
  };
  const play = on => {
    clearInterval(timer);
    timer = on ? setInterval(step, 900) : 0;
    out.setAttribute("aria-live", on ? "off" : "polite");
    button.setAttribute("aria-label", on ? words.pause ?? "Pause"
      : still.matches ? words.next ?? "Next" : words.play ?? "Play");
    icons.forEach((icon, i) => { icon.style.display = i === +on ? "" : "none"; });
  };
  const step = () => {
    if (first.value === first.max) first.value = 0; else first.stepUp();
    if (first.value === first.max) play(false);
    show();
  };
  button.addEventListener("click", () => {
    const start = !timer;
    play(start && !still.matches);
    if (start) step();
  });
  inputs.forEach(input => input.addEventListener("input", () => { play(false); show(); }));
  const [controls] = all(".dz-controls");
  let width = 0;
  // Room for the longest sentence: what stands below does not jump.
  new ResizeObserver(() => {
    if (controls.offsetWidth === width) return;
    width = controls.offsetWidth;
    const longest = frames.map(said).reduce((a, b) => b.length > a.length ? b : a);
    const now = out.textContent;
    out.style.minHeight = "";
    out.textContent = longest;
    out.style.minHeight = `${out.getBoundingClientRect().height}px`;
    out.textContent = now;
  }).observe(controls);
  play(false);
  show();
  controls.hidden = false;
})();
