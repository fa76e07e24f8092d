
"use strict";
(() => {
  const { rows, labels, keys, states, failures, requirements, selectorKeys, rowLabels, rowFailures } =
    JSON.parse(document.getElementById("data").textContent);
  const CHUNK = 100; // rows drawn at a time

  const form = document.querySelector("form");
  if (!form) return; // there are no nodes
  const search = form.querySelector("input[type=search]");
  const chosen = form.querySelector(".chosen");
  const count = document.getElementById("count");
  const body = document.querySelector("table.nodes tbody");
  const further = document.querySelector(".further");
  const widen = document.querySelector(".widen");

  let results = rows;
  let drawn = body.rows.length; // how many results are in the table
  let choice = null; // what a link of the page has chosen: { test, text, phrase }

  const number = (n) => n.toLocaleString("en");

  // Rows: clones of the page's templates, filled in.

  const template = (id) => document.getElementById(id).content.firstElementChild;
  const [row, failure, label, moreLabels] = ["row", "failure", "label", "more-labels"].map(template);
  const inSelector = new Set(selectorKeys);

  const drawFailure = (requirement, instead) => {
    const item = failure.cloneNode(true);
    item.children[0].textContent = requirement;
    item.children[1].textContent = instead;
    return item;
  };

  const instead = (node, key) => {
    if (key === -1) return "";
    const found = node.slice(4).find((each) => labels[each][0] === key);
    if (found === undefined) return "no such label";
    return labels[found][1] === "" ? "has an empty value" : `has ${labels[found][1]}`;
  };

  const drawFailures = (node) => {
    const failed = failures[node[3]];
    const items = failed
      .slice(0, rowFailures)
      .map((at) => drawFailure(requirements[at], instead(node, selectorKeys[at])));
    const rest = failed.length - items.length;
    return rest ? [...items, drawFailure("", `and ${number(rest)} more`)] : items;
  };

  const drawLabel = (at) => {
    const [key, value] = labels[at];
    const item = label.cloneNode(true);
    item.firstChild.textContent = keys[key];
    item.append(value);
    item.classList.toggle("asked", inSelector.has(key));
    return [item, "\n"];
  };

  const draw = (node) => {
    const element = row.cloneNode(true);
    const [id, state, verdict, shown] = element.cells;
    id.children[0].textContent = node[0];
    id.children[1].textContent = node[1];
    [state.firstChild.textContent] = states[node[2]];
    state.firstChild.classList.add(states[node[2]][1]);
    const failed = drawFailures(node);
    if (failed.length) {
      verdict.firstChild.classList.remove("yes");
      verdict.firstChild.replaceChildren(...failed);
    }
    const items = node.slice(4).map(drawLabel);
    const rest = items.splice(rowLabels);
    shown.append(...items.flat());
    if (rest.length) {
      const more = moreLabels.cloneNode(true);
      more.firstChild.textContent = `${number(rest.length)} more`;
      more.append(...rest.flat());
      shown.append(more);
    }
    return element;
  };

  const near = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting)) drawMore();
    },
    { rootMargin: "800px" },
  );

  const drawMore = () => {
    const more = results.slice(drawn, drawn + CHUNK).map(draw);
    drawn += more.length;
    body.append(...more);
    report();
    near.unobserve(further); // observed anew, it reports again even if it is still near
    near.observe(further);
  };

  // Searching: each word must be in the id, the name, the state or a label. A word is looked for
  // once in each label, not in each node.

  const lower = (text) => text.toLowerCase();
  const labelTexts = labels.map(([key, value]) => lower(`${keys[key]}=${value}`));
  const stateTexts = states.map(([state]) => lower(state));
  const words = () => lower(search.value).split(/\s+/).filter(Boolean);

  const contains = (word) => {
    const inLabel = labelTexts.map((text) => text.includes(word));
    const inState = stateTexts.map((text) => text.includes(word));
    return (node) => {
      if (inState[node[2]] || lower(node[0]).includes(word) || lower(node[1]).includes(word)) {
        return true;
      }
      for (let at = 4; at < node.length; at += 1) if (inLabel[node[at]]) return true;
      return false;
    };
  };

  const scope = () => {
    const show = form.elements.show.value;
    const matches = (node) => (failures[node[3]].length === 0) === (show === "match");
    return [...(show === "all" ? [] : [matches]), ...(choice ? [choice.test] : [])];
  };

  const filter = (tests) => rows.filter((node) => tests.every((test) => test(node)));

  const find = () => {
    const tests = [...words().map(contains), ...scope()];
    results = tests.length ? filter(tests) : rows;
    drawn = 0;
    body.replaceChildren();
    drawMore();
  };

  const report = () => {
    further.hidden = drawn >= results.length;
    widen.hidden = true;
    if (results.length) {
      const of = results.length === rows.length ? "" : ` of ${number(rows.length)}`;
      const nodes = rows.length === 1 ? "node" : "nodes";
      const first = drawn < results.length ? `, the first ${number(drawn)} are shown` : "";
      count.textContent = `${number(results.length)}${of} ${nodes}${first}`;
      return;
    }
    const searched = filter(scope()).length;
    const show = form.elements.show.value;
    const phrases = [...(choice ? [choice.phrase] : []), ...(show === "all" ? [] : [`that ${show}`])];
    widen.hidden = !words().length || !phrases.length;
    count.textContent =
      widen.hidden || !searched
        ? `Nothing found in ${number(rows.length)} nodes`
        : `Nothing found in the ${number(searched)} nodes ${phrases.join(" ")}`;
  };

  const choose = (next) => {
    choice = next;
    chosen.hidden = !next;
    if (!next) return;
    chosen.textContent = next.text;
    chosen.setAttribute("aria-label", `${next.text}: show all again`);
  };

  const choiceOf = ({ label, reason, fails }) => {
    if (label !== undefined) {
      const [key, value] = labels[label];
      const text = `${keys[key]}=${value}`;
      const test = (node) => node.indexOf(Number(label), 4) !== -1;
      return { text, phrase: `with ${text}`, test };
    }
    if (reason !== undefined) {
      const names = reason.split(",").map((at) => requirements[at]);
      const text = `fail only ${names.join(" and ")}`;
      return { text, phrase: `that ${text}`, test: (node) => failures[node[3]].join() === reason };
    }
    const text = `fail ${requirements[fails]}`;
    const test = (node) => failures[node[3]].includes(Number(fails));
    return { text, phrase: `that ${text}`, test };
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-label], a[data-reason], a[data-fails]");
    if (!link) return;
    form.reset();
    form.elements.show.value = link.dataset.show || "all";
    choose(choiceOf(link.dataset));
    find(); // the link itself leads to the table
  });
  chosen.addEventListener("click", () => {
    choose(null);
    find();
    search.focus();
  });
  widen.addEventListener("click", () => {
    choose(null);
    form.elements.show.value = "all";
    find();
    search.focus();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", find);
  further.addEventListener("click", drawMore);
  near.observe(further);

  form.reset(); // a browser may remember what was typed
  form.hidden = false;
  report();
})();
