// A button that copies code alone: without prompts, and without what the code prints.
(() => {
  const words = document.currentScript.dataset;

  const codeOf = pre => {
    const text = pre.textContent.replace(/\n+$/, "");
    const lines = text.split("\n");
    if (!lines.some(line => line.startsWith(">>> "))) return text;
    return lines.filter(line => /^(>>>|\.\.\.)( |$)/.test(line)).map(line => line.slice(4)).join("\n");
  };

  // Where a page comes without encryption, a browser has only the old way.
  const copy = text => navigator.clipboard?.writeText(text) ?? new Promise((done, failed) => {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    (document.execCommand("copy") ? done : failed)();
    field.remove();
  });

  document.addEventListener("DOMContentLoaded", () => {
    if (!words.copy) return;
    document.querySelectorAll("div[class*=highlight-] pre").forEach(pre => {
      if (pre.closest(".cell_output")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "dz-copy";
      button.setAttribute("aria-label", words.copy);
      button.addEventListener("click", () => copy(codeOf(pre)).then(() => {
        button.classList.add("dz-copied");
        button.setAttribute("aria-label", words.copied);
        setTimeout(() => {
          button.classList.remove("dz-copied");
          button.setAttribute("aria-label", words.copy);
        }, 2000);
      }, () => getSelection().selectAllChildren(pre)));
      pre.parentElement.append(button);
    });
  });
})();
