// A figure that moves, once Python has its values: the slider goes between the stored pictures.

const STEP = 0.1;

// ask(places) answers with {svg, text, note, values} for any place of the sliders.
export async function bringToLife(root, ask) {
  const inputs = [...root.querySelectorAll("input[type=range]")];
  if (!inputs.length || root.dataset.alive) return;
  root.dataset.alive = "1";
  const between = inputs.map((_, i) => inputs.map((_, j) => (i === j ? 0.5 : 0)));
  const finer = await Promise.all(between.map(places => ask(places).then(
    ({ between }) => between, () => false)));
  if (!finer.some(Boolean)) return;
  const frames = [...root.querySelectorAll("[data-frame]")];
  const place = document.createElement("div");
  place.hidden = true;
  place.className = "dz-between";
  frames[0].before(place);
  let busy = false, again = false;
  const fine = () => inputs.forEach((input, i) => { input.step = finer[i] ? STEP : 1; });
  // Its buttons go from one stored picture to the next.
  root.querySelectorAll("button").forEach(button => button.addEventListener("click", () => {
    inputs.forEach(input => {
      input.step = 1;
      input.value = Math.floor(+input.value);
    });
    place.hidden = true;
  }, { capture: true }));
  inputs.forEach(input => {
    input.addEventListener("pointerdown", fine);
    input.addEventListener("keydown", fine);
    // Before the figure's own script, which knows whole places alone.
    input.addEventListener("input", event => {
      if (inputs.every(one => Number.isInteger(+one.value))) {
        again = false;
        place.hidden = true;
        return;
      }
      event.stopImmediatePropagation();
      move();
    }, { capture: true });
  });
  async function move() {
    again = true;
    if (busy) return;
    busy = true;
    while (again) {
      again = false;
      try {
        const now = await ask(inputs.map(input => +input.value));
        if (inputs.every(input => Number.isInteger(+input.value))) break;
        show(now);
      } catch {
        break;
      }
    }
    busy = false;
  }
  function show({ svg, text, note, values }) {
    place.innerHTML = svg;
    place.hidden = false;
    frames.forEach(frame => { frame.hidden = true; });
    root.querySelector("output").textContent = note || text;
    inputs.forEach((input, i) => {
      input.setAttribute("aria-valuetext", values[i]);
      input.parentElement.nextElementSibling.textContent = values[i];
    });
  }
}
