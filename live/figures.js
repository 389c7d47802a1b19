// A figure that moves, once Python has its values: the slider goes between the stored pictures.

const STEP = 0.1;

const MOVES = /^(Arrow|Page|Home|End)/;

// ask(places) answers with {svg, text, note, values} for any place of the sliders; can() tells
// whether Python has time for it.
export async function bringToLife(root, ask, can) {
  const inputs = [...root.querySelectorAll("input[type=range]")];
  if (!inputs.length || root.dataset.alive) return;
  root.dataset.alive = "1";
  const between = inputs.map((_, i) => inputs.map((_, j) => (i === j ? 0.5 : 0)));
  const finer = await Promise.all(between.map(places => ask(places).then(
    ({ between }) => between, () => false)));
  if (!finer.some(Boolean)) {
    delete root.dataset.alive; // perhaps Python ended too soon: the next run may do it
    return;
  }
  const frames = [...root.querySelectorAll("[data-frame]")];
  const place = document.createElement("div");
  place.hidden = true;
  place.className = "dz-between";
  frames[0].before(place);
  let busy = false, again = false;
  const whole = () => inputs.every(input => Number.isInteger(+input.value));
  const fine = () => {
    // The figure's own script knows whole places alone: have it end its play first.
    if (whole()) inputs[0].dispatchEvent(new Event("input"));
    inputs.forEach((input, i) => { input.step = can() && finer[i] ? STEP : 1; });
    if (whole() && !place.hidden) inputs[0].dispatchEvent(new Event("input"));
  };
  // Its buttons go from one stored picture to the next.
  const buttons = [...root.querySelectorAll("button")];
  buttons.forEach((button, i) => button.addEventListener("click", () => {
    const back = buttons.length > 1 && i === 0;
    inputs.forEach(input => {
      const at = +input.value;
      input.step = 1;
      input.value = back ? Math.ceil(at) : Math.floor(at);
    });
    place.hidden = true;
  }, { capture: true }));
  inputs.forEach(input => {
    input.addEventListener("pointerdown", fine);
    input.addEventListener("keydown", event => { if (MOVES.test(event.key)) fine(); });
    // Before the figure's own script, which knows whole places alone.
    input.addEventListener("input", event => {
      if (whole()) {
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
        if (!can()) throw new Error("busy");
        const now = await ask(inputs.map(input => +input.value));
        if (whole()) break;
        show(now);
      } catch {
        // Python has ended, or has no time: back to what the page holds.
        inputs.forEach(input => { input.step = 1; });
        inputs[0].dispatchEvent(new Event("input"));
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
