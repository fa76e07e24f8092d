
"use strict";
(() => {
  const CHUNK = 100; // rows drawn at a time
  const ROW_LABELS = 12; // labels that a row shows at once
  const ROW_FAILURES = 4; // failed requirements that a row shows

  for (const copy of navigator.clipboard ? document.querySelectorAll(".copy") : []) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(copy.dataset.copy);
      copy.textContent = "Copied";
    });
  }

  const form = document.querySelector("form");
  if (!form) return; // there are no nodes
  const { rows, labels, keys, states, failures, requirements, selectorKeys } = JSON.parse(
    document.getElementById("data").textContent,
  );
  const search = form.querySelector("input[type=search]");
  const chosen = form.querySelector(".chosen");
  const count = document.getElementById("count");
  const box = document.querySelector(".scroll"); // the table scrolls in it
  const body = box.querySelector("tbody");
  const further = document.querySelector(".further");

  let results = rows;
  let drawn = 0; // how many results are in the table
  let choice = null; // the nodes that the last clicked link shows: { text, test }

  const number = (n) => n.toLocaleString("en");

  // Rows.

  const row = document.querySelector("template").content.firstElementChild;
  const inSelector = new Set(selectorKeys.flat());

  const element = (tag, ...content) => {
    const item = document.createElement(tag);
    item.append(...content);
    return item;
  };

  // A line breaks only between the pieces of a key or a value, not inside a word.
  const pieces = (text) => (text.match(/ |[^ /.,=]*[/.,=]+|[^ /.,=]+/g) || []).map((piece) =>
    piece === " " ? piece : element("span", piece),
  );

  const drawFailure = (requirement, instead) =>
    element("li", element("code", ...pieces(requirement)), " ", element("small", ...pieces(instead)));

  const instead = (node, [key, ...others]) => {
    if (key === undefined || others.length) return "";
    const found = node.slice(4).find((each) => labels[each][0] === key);
    if (found === undefined) return "no such label";
    return labels[found][1] === "" ? "has an empty value" : `has ${labels[found][1]}`;
  };

  const drawFailures = (node) => {
    const failed = failures[node[3]];
    if (!failed.length) return [drawFailure("matches", "")];
    const items = failed
      .slice(0, ROW_FAILURES)
      .map((at) => drawFailure(requirements[at], instead(node, selectorKeys[at])));
    const rest = failed.length - items.length;
    return rest ? [...items, drawFailure("", `and ${number(rest)} more`)] : items;
  };

  const drawLabel = (at, wrong) => {
    const [key, value] = labels[at];
    const item = element("span", element("b", ...pieces(keys[key])), "=", ...pieces(value));
    item.classList.add("label");
    item.classList.toggle("asked", inSelector.has(key));
    item.classList.toggle("wrong", wrong.has(key));
    return [item, "\n"];
  };

  const draw = (node) => {
    const item = row.cloneNode(true);
    const [id, state, verdict, shown] = item.cells;
    id.children[0].append(...pieces(node[0]));
    id.children[1].textContent = node[1];
    [state.firstChild.textContent] = states[node[2]];
    state.firstChild.classList.add(states[node[2]][1]);
    verdict.firstChild.append(...drawFailures(node));
    verdict.firstChild.classList.toggle("yes", !failures[node[3]].length);
    const wrong = new Set(failures[node[3]].flatMap((at) => selectorKeys[at]));
    const items = node.slice(4).map((at) => drawLabel(at, wrong));
    const rest = items.splice(ROW_LABELS);
    shown.append(...items.flat());
    if (rest.length) {
      const summary = element("summary", `${number(rest.length)} more`);
      shown.append(element("details", summary, ...rest.flat()));
    }
    return item;
  };

  const near = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting)) drawMore();
    },
    { root: box, rootMargin: "800px" },
  );

  const drawMore = () => {
    const more = results.slice(drawn, drawn + CHUNK).map(draw);
    drawn += more.length;
    body.append(...more);
    further.hidden = drawn >= results.length;
    const of = results.length === rows.length ? "" : ` of ${number(rows.length)}`;
    const nodes = rows.length === 1 ? "node" : "nodes";
    const first = further.hidden ? "" : `, the first ${number(drawn)} are shown`;
    count.textContent = `${number(results.length)}${of} ${nodes}${first}`;
    near.unobserve(further); // observing it again reports it again, even if it is still near
    near.observe(further);
  };

  // Searching: each word must be in the id, the name, the state or a label. Each distinct label is
  // searched once, not once for each node that has it.

  const lower = (text) => text.toLowerCase();
  const labelTexts = labels.map(([key, value]) => lower(`${keys[key]}=${value}`));
  const stateTexts = states.map(([state]) => lower(state));

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

  const find = () => {
    const tests = lower(search.value).split(/\s+/).filter(Boolean).map(contains);
    const show = form.elements.show.value;
    if (show !== "all") {
      tests.push((node) => (failures[node[3]].length === 0) === (show === "match"));
    }
    if (choice) tests.push(choice.test);
    results = rows.filter((node) => tests.every((test) => test(node)));
    drawn = 0;
    body.replaceChildren();
    box.scrollTop = 0;
    drawMore();
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
      const test = (node) => node.indexOf(Number(label), 4) !== -1;
      return { text: `${keys[key]}=${value}`, test };
    }
    if (reason !== undefined) {
      const names = reason.split(",").map((at) => requirements[at]);
      const test = (node) => failures[node[3]].join() === reason;
      return { text: `fail only ${names.join(" and ")}`, test };
    }
    const test = (node) => failures[node[3]].includes(Number(fails));
    return { text: `fail ${requirements[fails]}`, test };
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-label], a[data-reason], a[data-fails]");
    if (!link) return;
    form.reset();
    form.elements.show.value = link.dataset.show || "all";
    choose(choiceOf(link.dataset));
    find(); // the browser follows the link to the table
  });
  chosen.addEventListener("click", () => {
    choose(null);
    find();
    search.focus();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", find);
  further.addEventListener("click", drawMore);

  form.reset(); // a browser may remember what was typed
  form.hidden = false;
  box.hidden = false;
  find();
})();

