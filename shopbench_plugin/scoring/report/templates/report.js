"use strict";
// Texts from datasets and models reach the page through textContent only; nothing here builds markup from a string.
(() => {
  const CHUNK = 50;
  const NARROW = 600;
  const MANY = 2000;
  const data = JSON.parse(document.getElementById("data").textContent);
  const observer = new IntersectionObserver(
    (entries) => { if (entries.some((entry) => entry.isIntersecting)) addChunk(); }, { rootMargin: "600px" });
  const state = { found: [], shown: 0, timer: 0 };

  function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // Labels for a phone's width: long ones are broken at a hyphen or a blank.
  function wrapLabel(label) {
    if (typeof label !== "string" || label.length < 18) return label;
    return label.replace(/(.{8,16}?[- ])(?=.{4})/g, "$1<br>");
  }

  function drawCharts() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    for (const [identifier, source] of Object.entries(data.figures)) {
      const figure = JSON.parse(source);
      const layout = figure.layout;
      Object.assign(layout, {
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        font: { color: colour("--text"), family: "system-ui, sans-serif", size: 13 },
        hoverlabel: { bgcolor: colour("--card"), font: { color: colour("--text") } },
      });
      for (const name of Object.keys(layout).filter((key) => /^[xy]axis/.test(key))) {
        Object.assign(layout[name], { gridcolor: colour("--line"), zerolinecolor: colour("--line") });
        Object.assign(layout[name], { dividercolor: colour("--line") });
      }
      for (const trace of figure.data) {
        if (innerWidth < NARROW && Array.isArray(trace.y)) {
          trace.y = Array.isArray(trace.y[0]) ? trace.y.map((part) => part.map(wrapLabel)) : trace.y.map(wrapLabel);
        }
        if (trace.error_x) trace.error_x.color = colour("--text");
        if (trace.type === "heatmap") trace.textfont = { color: colour("--text") };
      }
      Plotly.react(identifier, figure.data, layout, { responsive: true, displaylogo: false, displayModeBar: false });
    }
  }

  function addSelect(form, name, title, choices) {
    const label = make("label", "", title);
    const select = make("select");
    select.name = name;
    for (const [value, text] of choices) {
      const option = make("option", "", text);
      option.value = value;
      select.append(option);
    }
    label.append(select);
    form.append(label);
  }

  function distinct(list) {
    return [["", "all"], ...[...new Set(list)].filter((one) => one !== null && one !== "").map((one) => [one, one])];
  }

  function buildFilters() {
    const form = document.getElementById("filters");
    const questions = data.questions;
    addSelect(form, "run", data.runs.length > 1 ? "Scores of" : "Run", data.runs.map((name, place) => [String(place), name]));
    addSelect(form, "track", "Track", distinct(questions.map((one) => one.track)));
    addSelect(form, "type", "Task type", distinct(questions.map((one) => one.type)));
    addSelect(form, "task", "Task", distinct(questions.map((one) => one.task)));
    addSelect(form, "cause", "Lost to", distinct(questions.flatMap((one) => one.answers.map((answer) => answer.cause))));
    const orders = [["worst", "worst first"], ["best", "best first"], ["file", "as in the file"]];
    if (data.runs.length > 1) orders.push(["gap", "largest difference first"]);
    addSelect(form, "order", "Order", orders);
    const label = make("label", "", "Text");
    const search = make("input");
    search.type = "search";
    search.name = "text";
    label.append(search);
    form.append(label);
    form.elements.run.value = String(data.best);
    form.addEventListener("input", () => {
      if (questions.length < MANY) return showList();
      clearTimeout(state.timer);
      state.timer = setTimeout(showList, 120);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  function holds(question, wanted) {
    const places = [question.text, question.reference, ...question.answers.flatMap((one) => [one.raw, one.prediction])];
    return places.some((place) => place !== null && data.texts[place].toLowerCase().includes(wanted));
  }

  function gap(question) {
    const scores = question.answers.map((answer) => answer.score).filter((score) => score !== null);
    return scores.length ? Math.max(...scores) - Math.min(...scores) : 0;
  }

  function selectQuestions() {
    const filter = Object.fromEntries(new FormData(document.getElementById("filters")));
    const run = Number(filter.run);
    const wanted = filter.text.toLowerCase();
    const found = data.questions.filter((question) =>
      ["track", "type", "task"].every((name) => !filter[name] || question[name] === filter[name]) &&
      (!filter.cause || question.answers[run].cause === filter.cause) && (!wanted || holds(question, wanted)));
    const score = (question) => question.answers[run].score;
    const keys = {
      worst: (question) => score(question) ?? 2,
      best: (question) => -(score(question) ?? -1),
      file: () => 0,
      gap: (question) => -gap(question),
    };
    return found.sort((one, other) => keys[filter.order](one) - keys[filter.order](other));
  }

  function makeBadge(score) {
    const kind = score === null ? "none" : score >= 0.75 ? "high" : score < 0.25 ? "low" : "middle";
    return make("span", `badge ${kind}`, score === null ? "n/a" : score.toFixed(3));
  }

  function addText(parent, title, place) {
    if (place === null) return;
    const text = make("pre", "", data.texts[place]);
    text.tabIndex = 0;
    parent.append(make("h3", "", title), text);
  }

  function fillQuestion(item, question) {
    const columns = make("div", "columns");
    const left = make("div");
    addText(left, "question", question.text);
    addText(left, "reference", question.reference);
    columns.append(left);
    question.answers.forEach((answer, place) => {
      const column = make("div");
      const name = data.runs.length > 1 ? `${data.runs[place]}: ` : "";
      const score = answer.score === null ? "not scored" : answer.score.toFixed(3);
      column.append(make("h3", "", `${name}score ${score}${answer.cause ? `, ${answer.cause}` : ""}`));
      addText(column, `${name}raw output`, answer.raw);
      addText(column, `${name}answer after repair`, answer.prediction);
      addText(column, `${name}read by the evaluator as`, answer.parsed);
      for (const [title, text] of answer.details) addText(column, `${name}${title}`, text);
      if (answer.messages.length) {
        const prompt = make("details");
        prompt.append(make("summary", "", `${name}prompt, ${answer.messages.length} messages`));
        for (const [role, text] of answer.messages) addText(prompt, role, text);
        column.append(prompt);
      }
      columns.append(column);
    });
    item.append(columns);
  }

  function makeQuestion(question) {
    const item = make("details");
    const summary = make("summary");
    question.answers.forEach((answer, place) => {
      const badge = makeBadge(answer.score);
      badge.title = data.runs[place];
      summary.append(badge);
    });
    summary.append(make("span", "kind", `${question.task} · ${question.metric}`));
    summary.append(make("span", "first-line", question.preview));
    item.append(summary);
    item.addEventListener("toggle", () => { if (item.children.length === 1) fillQuestion(item, question); });
    return item;
  }

  // Questions are added as the reader scrolls, so that the page doesn't start with all 20,000.
  function addChunk() {
    const next = state.found.slice(state.shown, state.shown + CHUNK);
    state.shown += next.length;
    document.getElementById("list").append(...next.map(makeQuestion));
    const rest = state.found.length - state.shown;
    const more = document.getElementById("more");
    more.replaceChildren();
    observer.disconnect();
    if (!rest) return;
    const button = make("button", "", `Show more (${rest} left)`);
    button.type = "button";
    button.addEventListener("click", addChunk);
    more.append(button);
    observer.observe(more);  // again: it reports immediately whether the list's end is still near
  }

  function showList() {
    state.found = selectQuestions();
    state.shown = 0;
    const count = state.found.length;
    document.getElementById("found").textContent = `Questions: ${count || "none"} (${data.questions.length} in all)`;
    document.getElementById("list").replaceChildren();
    addChunk();
  }

  buildFilters();
  showList();
  drawCharts();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
})();
