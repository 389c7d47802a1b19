// Predict boxes: what answers one stays shut until the reader has answered. _ext/dlzero_predict.py
// makes the marks and all words. The style sheet shuts as soon as the class below is there, which
// is before anything is drawn, so the page does not jump: this script is not deferred.
(() => {
  const page = document.documentElement.classList;
  page.add("dz-predict");

  const make = answer => {
    const box = answer.parentElement, words = document.getElementById("dz-words");
    const stored = window.dlzeroKeep, key = `#${box.id}`;
    const ids = Array.from({ length: answer.dataset.parts }, (_, i) => `${box.id}-${i + 1}`);
    const parts = ids.map(id => document.getElementById(id));
    answer.append(words.content.cloneNode(true));
    const [form, done] = answer.children, show = form.querySelector(".dz-show");
    const guess = done.querySelector(".dz-guess"), again = done.querySelector(".dz-again");
    const beside = document.createElement("p");

    // The items of the list become buttons, with the formulas that are in them.
    const items = box.querySelectorAll(":scope > .dz-choices > li");
    const choices = [...items].map(item => {
      const choice = document.createElement("button");
      choice.type = "button";
      const text = item.querySelector(":scope > p") ?? item;
      choice.append(...text.childNodes);
      item.replaceChildren(choice);
      return choice;
    });

    if (choices.length) form.querySelectorAll("label, .dz-compare").forEach(e => e.remove());
    const field = form.querySelector("input");
    const triggers = [...choices, ...form.querySelectorAll("button")];

    // What is kept: "" without a guess, "=" and a text, or the number of a choice.
    const open = kept => {
      const chosen = /^\d+$/.test(kept) ? choices[kept] : undefined;
      const said = kept.startsWith("=") ? [kept.slice(1)]
        : chosen ? [...chosen.cloneNode(true).childNodes] : [];
      guess.querySelector("b").replaceChildren(...said);
      guess.hidden = !said.length || Boolean(chosen); // a choice is marked as it is
      beside.replaceChildren(...guess.cloneNode(true).childNodes);
      beside.hidden = !said.length;
      form.hidden = true;
      done.hidden = false;
      choices.forEach(choice => {
        choice.disabled = true;
        choice.setAttribute("aria-pressed", choice === chosen);
      });
      triggers.forEach(trigger => trigger.setAttribute("aria-expanded", true));
      parts.forEach(part => {
        part.classList.add("dz-open");
        part.removeAttribute("hidden");
      });
      dispatchEvent(new Event("resize"));
    };
    const shut = () => {
      form.hidden = false;
      done.hidden = true;
      beside.hidden = true;
      choices.forEach(choice => {
        choice.disabled = false;
        choice.removeAttribute("aria-pressed");
      });
      triggers.forEach(trigger => trigger.setAttribute("aria-expanded", false));
      parts.forEach(part => {
        part.classList.remove("dz-open");
        part.setAttribute("hidden", "until-found"); // the browser's search and links still reach it
      });
    };
    const say = kept => {
      stored.set("predict", key, kept);
      open(kept);
      parts[0].focus();
    };

    choices.forEach((choice, i) => choice.addEventListener("click", () => say(String(i))));
    show.addEventListener("click", () => say(""));
    form.addEventListener("submit", event => {
      event.preventDefault();
      say("=" + field.value.trim());
    });
    again.addEventListener("click", () => {
      stored.remove("predict", key);
      shut();
      if (field) field.value = "";
      (field ?? choices[0] ?? show).focus();
    });

    [...triggers, again].forEach(trigger => {
      trigger.setAttribute("aria-controls", ids.join(" "));
      trigger.setAttribute("aria-expanded", trigger === again);
    });
    beside.className = "dz-beside";
    if (parts[0].localName !== "p") parts[0].prepend(beside);
    parts[0].tabIndex = -1;
    parts[0].setAttribute("role", "group");
    parts[0].setAttribute("aria-label", words.dataset.label);
    parts.forEach(part => part.addEventListener("beforematch", () => open("")));
    answer.hidden = false;
    const kept = stored.get("predict", key);
    if (kept === null) shut(); else open(kept);
    return { parts, open: () => form.hidden || open("") };
  };

  document.addEventListener("DOMContentLoaded", () => {
    let boxes = [];
    const openAround = element => {
      const part = element?.closest(".dz-shut:not(.dz-open)");
      boxes.find(box => box.parts.includes(part))?.open();
      return part;
    };
    const follow = () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (openAround(target)) target.scrollIntoView();
    };
    try {
      boxes = [...document.querySelectorAll(".dz-answer")].map(make);
    } catch (error) {
      page.remove("dz-predict"); // then everything is open
      document.querySelectorAll(".dz-shut").forEach(part => part.removeAttribute("hidden"));
      throw error;
    }
    follow();
    addEventListener("hashchange", follow);
    addEventListener("load", () => {
      // Words that the site's search marks, 10 ms after the text is there.
      setTimeout(() => document.querySelectorAll(".dz-shut .highlighted").forEach(openAround), 20);
    });
  });
})();
