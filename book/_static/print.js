// Lays a page out for paper: light, all boxes open, figures that move at a place that tells something,
// and the solutions behind the last exercise. Afterwards the page is as it was.
(() => {
  const undo = [];
  const page = document.documentElement;
  const all = selector => [...document.querySelectorAll(selector)];
  // What grows by steps is told by its end, and any other slider by its middle.
  const STEPS = /^(steps?|visit)$/;

  const light = () => {
    const { theme } = page.dataset;
    page.dataset.theme = "light";
    undo.push(() => { page.dataset.theme = theme; });
  };
  const open = () => all(".bd-article details:not([open])").forEach(box => {
    box.open = true;
    undo.push(() => { box.open = false; });
  });
  const place = (sliders, places) => {
    sliders.forEach((slider, i) => { slider.value = places[i]; });
    sliders[0].dispatchEvent(new Event("input"));
  };
  const figures = () => all(".dz-explorer").forEach(figure => {
    const sliders = [...figure.querySelectorAll("input[type=range]")];
    // One that begins elsewhere, or that its reader has moved, stays there.
    if (!sliders.length || sliders.some(slider => +slider.value)) return;
    place(sliders, sliders.map(({ max, parentElement }) =>
      STEPS.test(parentElement.textContent.trim()) ? max : Math.round(max / 2)));
    undo.push(() => place(sliders, sliders.map(() => 0)));
  });
  const solutions = () => {
    const end = document.querySelector(".dz-solutions");
    if (end) all(".bd-article .solution").forEach(solution => {
      const here = document.createComment("");
      solution.replaceWith(here);
      end.append(solution);
      undo.push(() => here.replaceWith(solution));
    });
  };

  // Firefox leaves out the letters and marks of a drawing that was never laid out.
  const lay = () => page.offsetHeight;

  const toPaper = () => undo.length || [light, open, figures, solutions, lay].forEach(part => part());
  const toScreen = () => { while (undo.length) undo.pop()(); };
  addEventListener("beforeprint", toPaper);
  addEventListener("afterprint", toScreen);
  matchMedia("print").addEventListener("change", ({ matches }) => matches ? toPaper() : toScreen());
})();
