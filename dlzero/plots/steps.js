// Steps through the frames of a figure whose steps are written out below it. The page of each such
// figure holds it once, without its comments.
(() => {
  const root = document.currentScript.closest(".dz-explorer");
  const all = selector => [...root.querySelectorAll(selector)];
  const [slider] = all("input"), [out] = all("output"), [list] = all("dl"), notes = all("dd");
  const frames = all("[data-frame]"), [back, next] = all("button");
  // A site says the names of buttons in the language of its pages.
  const words = document.querySelector("script[data-pause]")?.dataset;
  if (words) [back, next].forEach(one => {
    one.setAttribute("aria-label", one === back ? words.back : words.next);
  });
  const values = JSON.parse(slider.dataset.values);
  const show = () => {
    const at = +slider.value;
    frames.forEach((frame, i) => { frame.hidden = i !== at; });
    out.textContent = notes[at].textContent;
    slider.setAttribute("aria-valuetext", values[at]);
    slider.parentElement.nextElementSibling.textContent = values[at];
    // Not disabled: that would take the focus from the button that was pressed last.
    back.setAttribute("aria-disabled", at === 0);
    next.setAttribute("aria-disabled", at === frames.length - 1);
  };
  const [controls] = all(".dz-controls"), least = out.style.minHeight;
  let width = 0;
  // Room for the longest note: what stands below does not jump.
  new ResizeObserver(() => {
    if (controls.offsetWidth === width) return;
    width = controls.offsetWidth;
    const longest = notes.reduce((a, b) => b.textContent.length > a.textContent.length ? b : a);
    const now = out.textContent;
    out.style.minHeight = least;
    out.textContent = longest.textContent;
    out.style.minHeight = `${out.getBoundingClientRect().height}px`;
    out.textContent = now;
  }).observe(controls);
  back.addEventListener("click", () => { slider.stepDown(); show(); });
  next.addEventListener("click", () => { slider.stepUp(); show(); });
  slider.addEventListener("input", show);
  show();
  list.hidden = true;
  controls.hidden = false;
})();
