
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { rows, labels, keys, states, reasons, requirements, asked } = data;
  const CHUNK = 100; // rows drawn at a time

  const form = document.querySelector("form");
  if (!form) return; // there are no nodes
  const search = form.querySelector("input[type=search]");
  const chosen = form.querySelector(".chosen");
  const count = document.getElementById("count");
  const body = document.querySelector("table.nodes tbody");
  const further = document.querySelector(".further");
  const widen = document.querySelector(".widen");

  const plain = (word) => word.toLowerCase();
  const inLabels = labels.map(([key, value]) => plain(`${keys[key]}=${value}`));
  const inStates = states.map(([word]) => plain(word));
  const askedKeys = new Set(asked);

  let found = rows; // what is asked for
  let drawn = body.rows.length; // how many of these stand in the table
  let choice = null; // what a link of the page has chosen: { test, text, told }

  // Rows: the same markup as in the page from the start.

  const make = (name, content, attributes = {}) => {
    const element = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) {
      element.setAttribute(attribute, value);
    }
    element.append(...[content].flat());
    return element;
  };

  const has = (row, key) => {
    const label = row.slice(4).find((each) => labels[each][0] === key);
    if (label === undefined) return "no such label";
    const value = labels[label][1];
    return value === "" ? "has an empty value" : `has ${value}`;
  };

  const why = (row) => {
    const failed = reasons[row[3]];
    if (!failed.length) return make("span", "matches", { class: "yes" });
    const items = failed.slice(0, data.failsShown).map((place) => {
      const content = [make("code", requirements[place])];
      if (asked[place] !== -1) content.push(" ", make("small", has(row, asked[place])));
      return make("li", content);
    });
    const rest = failed.length - items.length;
    if (rest) items.push(make("li", `and ${rest.toLocaleString("en")} more`));
    return make("ul", items, { class: "why" });
  };

  const label = (place) => {
    const [key, value] = labels[place];
    const name = askedKeys.has(key) ? "label asked" : "label";
    return [make("span", [make("b", keys[key]), `=${value}`], { class: name }), " "];
  };

  const all = (row) => {
    const shown = row.slice(4).map(label);
    const rest = shown.splice(data.labelsShown);
    const more = [make("summary", `${rest.length.toLocaleString("en")} more`), ...rest.flat()];
    return [...shown.flat(), ...(rest.length ? [make("details", more)] : [])];
  };

  const draw = (row) => {
    const node = [make("code", row[0]), ...(row[1] ? [make("small", row[1])] : [])];
    const [word, colour] = states[row[2]];
    const cell = (content) => make("td", content, { role: "cell" });
    return make(
      "tr",
      [
        make("th", node, { scope: "row", role: "rowheader" }),
        cell(make("span", word, { class: `state ${colour}` })),
        cell(why(row)),
        cell(all(row)),
      ],
      { role: "row" },
    );
  };

  const number = (n) => n.toLocaleString("en");

  // Nothing is like that: among which nodes it was looked for, where these are not all.
  const none = () => {
    const tests = among();
    widen.hidden = !tests.length || !words().length;
    const some = rows.filter((row) => tests.every((test) => test(row))).length;
    if (widen.hidden || !some) return `No node of ${number(rows.length)} is like that`;
    const show = form.elements.show.value;
    const told = [...(choice ? [choice.told] : []), ...(show === "all" ? [] : [`that ${show}`])];
    return `No node of the ${number(some)} ${told.join(" ")} is like that`;
  };

  const tell = () => {
    const of = found.length === rows.length ? "" : ` of ${number(rows.length)}`;
    const nodes = rows.length === 1 ? "node" : "nodes";
    const shown = drawn < found.length ? `, the first ${number(drawn)} are shown` : "";
    widen.hidden = true;
    count.textContent = found.length ? `${number(found.length)}${of} ${nodes}${shown}` : none();
    further.hidden = drawn >= found.length;
  };

  const near = new IntersectionObserver(
    (seen) => {
      if (seen.some((each) => each.isIntersecting)) add();
    },
    { rootMargin: "800px" },
  );

  const add = () => {
    const more = found.slice(drawn, drawn + CHUNK).map(draw);
    drawn += more.length;
    body.append(...more);
    tell();
    near.unobserve(further); // to be told again, even where it has stayed near
    near.observe(further);
  };

  // Finding: each word has to stand somewhere in a node. A word is looked for in every label once,
  // not in every node.

  const words = () => plain(search.value).split(/\s+/).filter(Boolean);

  const stands = (word) => {
    const label = inLabels.map((each) => each.includes(word));
    const state = inStates.map((each) => each.includes(word));
    return (row) => {
      if (state[row[2]] || plain(row[0]).includes(word) || plain(row[1]).includes(word)) {
        return true;
      }
      for (let at = 4; at < row.length; at += 1) if (label[row[at]]) return true;
      return false;
    };
  };

  const among = () => {
    const show = form.elements.show.value;
    const matching = (row) => (reasons[row[3]].length === 0) === (show === "match");
    return [...(show === "all" ? [] : [matching]), ...(choice ? [choice.test] : [])];
  };

  const find = () => {
    const all = [...words().map(stands), ...among()];
    found = all.length ? rows.filter((row) => all.every((test) => test(row))) : rows;
    drawn = 0;
    body.replaceChildren();
    add();
  };

  const choose = (made) => {
    choice = made;
    chosen.hidden = !made;
    if (!made) return;
    chosen.textContent = made.text;
    chosen.setAttribute("aria-label", `${made.text}: show all again`);
  };

  const names = (places) => places.map((place) => requirements[place]).join(" and ");

  const choiceOf = ({ label, reason, fails }) => {
    if (label !== undefined) {
      const [key, value] = labels[label];
      const text = `${keys[key]}=${value}`;
      return {
        text,
        told: `with ${text}`,
        test: (row) => row.indexOf(Number(label), 4) !== -1,
      };
    }
    if (reason !== undefined) {
      const text = `fail only ${names(reason.split(","))}`;
      return { text, told: `that ${text}`, test: (row) => reasons[row[3]].join() === reason };
    }
    const text = `fail ${requirements[fails]}`;
    const test = (row) => reasons[row[3]].includes(Number(fails));
    return { text, told: `that ${text}`, test };
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
  further.addEventListener("click", add);
  near.observe(further);

  form.reset(); // a browser may remember what was typed
  form.hidden = false;
  tell();
})();
