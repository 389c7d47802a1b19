// Quizzes: the option that a reader opens is marked as right or wrong, and the first choice counts.
// _ext/dlzero_keep.py makes the groups and all words. What is kept for a question: the numbers of
// the options in the order in which they were opened, as "2,0".
(() => {
  const make = (group, words) => {
    const options = [...group.querySelectorAll(":scope > details")];
    const isRight = number => options[number]?.classList.contains("dz-right") ?? false;
    const chosen = () => (window.dlzeroKeep.get("quiz", `#${group.id}`) ?? "").split(",")
      .filter(number => /^\d+$/.test(number) && options[number]).map(Number);
    const said = document.createElement("p");
    said.className = "dz-said";
    said.setAttribute("role", "status");
    group.append(said);
    group.setAttribute("role", "group");
    group.setAttribute("aria-labelledby", `${group.id}-question`);

    const draw = () => {
      const now = chosen();
      options.forEach((option, number) => {
        option.querySelector("summary > .dz-mark")?.remove();
        option.classList.toggle("dz-chosen", now.includes(number));
        if (!now.includes(number)) return;
        const mark = words.content.querySelector(isRight(number) ? ".dz-right" : ".dz-wrong");
        option.querySelector("summary > .sd-summary-text").after(mark.cloneNode(true));
      });
      const state = !now.length ? "" : isRight(now[0]) ? words.dataset.first
        : now.some(isRight) ? words.dataset.later : words.dataset.wrong;
      if (said.textContent !== state) said.textContent = state;
    };

    // A click, which is also what the keyboard makes: the browser's search and links open an
    // option as well, and that is no answer.
    options.forEach((option, number) => option.querySelector("summary").addEventListener(
      "click",
      () => {
        const now = chosen();
        if (option.open || now.includes(number)) return;
        window.dlzeroKeep.set("quiz", `#${group.id}`, [...now, number].join());
      },
    ));
    const clear = () => {
      window.dlzeroKeep.remove("quiz", `#${group.id}`);
      options.forEach(option => { option.open = false; });
    };
    return { group, draw, clear, isAnswered: () => chosen().length > 0,
      isFirst: () => isRight(chosen()[0]) };
  };

  document.addEventListener("DOMContentLoaded", () => {
    const words = document.getElementById("dz-quiz-words");
    if (!words) return;
    const questions = [...document.querySelectorAll(".dz-quiz")].map(group => make(group, words));
    const end = words.content.querySelector(".dz-score").cloneNode(true);
    questions.at(-1).group.after(end);
    const [score, clear] = end.children;

    const draw = () => {
      questions.forEach(question => question.draw());
      end.hidden = !questions.some(question => question.isAnswered());
      const right = questions.filter(question => question.isFirst()).length;
      const text = words.dataset.score.replace("{0}", right).replace("{1}", questions.length);
      if (score.textContent !== text) score.textContent = text;
    };
    clear.addEventListener("click", () => {
      questions.forEach(question => question.clear());
      questions[0].group.querySelector("summary").focus();
    });
    document.addEventListener("dlzero:kept", event => {
      if (event.detail.kind === "quiz") draw();
    });
    draw();
  });
})();
