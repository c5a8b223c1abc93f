
"use strict";
(() => {
  // Every text of the data is put in as text (text nodes, attributes set by name), never as markup.
  const data = JSON.parse(document.getElementById("data").textContent);
  const CARDS = 50;
  const DOCUMENTS = 25;
  const SIDES = 20;
  const BLOCK = 60;          // pieces of text that are laid out together,
  const PART = 20000;        // and at most so many characters
  const SHOWN = 300;         // characters of a sentence that its pairs are shown of
  const LONG = 10;           // so many blocks are laid out only when they come into view
  const OPEN_AT_ONCE = 60000; // characters of a single document that is shown opened

  const byId = (id) => document.getElementById(id);
  const numbers = new Intl.NumberFormat("en"); // made once: toLocaleString makes one for each number
  const shown = (count) => numbers.format(count);
  const many = (count, noun) => `${shown(count)} ${noun}${count === 1 ? "" : "s"}`;
  const words = (name) => name.replaceAll("_", " ");
  const folded = (text) => text.normalize("NFKC").toLowerCase();

  /** An element with attributes and children; texts become text nodes, nothing (null, "") is left out. */
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  }

  /** Text of the data: its direction and language are its own. */
  const own = (tag, attributes, text, language) =>
    make(tag, { dir: "auto", lang: language ?? "", ...attributes }, text);

  // ------------------------------------------------------------------ the data, completed

  const kept = data.pairs.map((row) => complete(row, "fact" in row ? data.pairs[row.fact] : row));
  const dropped = data.dropped.map((row) => complete(row, row));
  const conflicts = data.conflicts.map((one) => ({ ...one, pairs: one.pairs.map((row) => complete(row, row)) }));
  const leaks = leakPairs();
  const lists = { kept, dropped };
  const ofSentence = pairsOfSentences();

  function complete(row, head) {
    return {
      extra: [],
      ...row,
      answer: row.answer ?? head.answer,
      quote: row.quote ?? head.quote ?? "",
      source: row.source ?? head.source,
      at: row.at ?? head.at ?? null,
      origin: row.origin ?? head.origin,
      language: row.language ?? head.language ?? "",
      head: head === row ? null : head.id,
    };
  }

  function pairsOfSentences() {
    const found = data.documents.map(() => new Map());
    kept.forEach((pair) => {
      if (!pair.at) return;
      for (let number = pair.at[0]; number <= pair.at[1]; number += 1) {
        const there = found[pair.source].get(number);
        if (there) there.push(pair); else found[pair.source].set(number, [pair]);
      }
    });
    return found;
  }

  function leakPairs() {
    const known = new Map(kept.map((pair) => [pair.id, pair]));
    return data.leaks.map((leak) => ({
      reason: `${leak.kind} repeat`,
      detail: `Similarity ${leak.similarity.toFixed(2)}.`,
      pairs: [leak.trained, leak.asked].map((id) => known.get(id) ?? null),
      ids: [leak.trained, leak.asked],
    }));
  }

  const haystacks = new WeakMap();
  function haystack(pair) {
    let text = haystacks.get(pair);
    if (text === undefined) {
      const parts = [pair.question, pair.answer, pair.quote, data.sources[pair.source], pair.id, pair.detail ?? ""];
      text = folded(parts.join("\n"));
      haystacks.set(pair, text);
    }
    return text;
  }

  // ------------------------------------------------------------------ a list in pages

  /** Shows `items` in pages of `size` in `place`, with the way from page to page in `ways`. */
  function paged(place, ways, size, draw) {
    let items = [];
    let page = 0;
    const last = () => Math.max(0, Math.ceil(items.length / size) - 1);
    const before = make("button", { type: "button", onclick: () => turn(page - 1) }, "Previous");
    const after = make("button", { type: "button", onclick: () => turn(page + 1) }, "Next");
    const where = make("span", { role: "status" });
    const bar = make("p", { class: "pages" }, before, where, after);
    ways.append(bar);
    function render() {
      place.replaceChildren(...items.slice(page * size, (page + 1) * size).map(draw));
      const end = Math.min(items.length, (page + 1) * size);
      where.textContent = `${shown(page * size + 1)}–${shown(end)} of ${shown(items.length)}`;
      before.disabled = page === 0;
      after.disabled = page === last();
      bar.hidden = items.length <= size;
    }
    function turn(to) {
      page = Math.min(Math.max(to, 0), last());
      render();
      place.setAttribute("tabindex", "-1");
      place.focus({ preventScroll: true });
      place.scrollIntoView({ block: "start" });
    }
    return {
      show(next) { items = next; page = 0; render(); },
      reveal(item) {
        const at = Math.floor(items.indexOf(item) / size);
        if (at !== page) { page = Math.max(at, 0); render(); }
      },
      has: (item) => items.includes(item),
    };
  }

  // ------------------------------------------------------------------ the source text

  /** A piece is a text between sentences, a heading or a sentence (with its state). */
  const isSentence = (piece) => typeof piece !== "string" && piece[0] !== "heading";

  const states = data.documents.map((one) => {
    const count = { covered: 0, uncovered: 0, declared: 0 };
    for (const piece of one.pieces.filter(isSentence)) count[piece[0]] += 1;
    return { ...one, ...count, total: count.covered + count.uncovered + count.declared };
  });
  states.forEach((one, number) => { one.number = number; });
  const details = new Map();
  const documents = paged(byId("documents"), byId("document-pages"), DOCUMENTS, drawDocument);

  function drawDocument(one) {
    if (details.has(one)) return details.get(one);
    const shut = one.total ? (100 * (one.covered + one.declared)) / one.total : 0;
    const box = make("details", { class: "document" },
      make("summary", {},
        make("span", { class: "title" }, own("bdi", {}, one.source)),
        one.total ? bar(shut) : null,
        make("span", { class: "counts" }, countsOf(one))));
    box.addEventListener("toggle", () => { if (box.open) openDocument(one, box); });
    details.set(one, box);
    return box;
  }

  function countsOf(one) {
    if (one.without) return one.without;
    if (!one.total) return "No sentence to ask about.";
    const said = [`${shown(one.covered)} of ${many(one.total, "sentence")} covered`];
    if (one.declared) said.push(`${shown(one.declared)} without a fact`);
    if (one.uncovered) said.push(`${shown(one.uncovered)} not covered`);
    return said.join(", ");
  }

  function bar(share) {
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg");
    const set = (element, values) => Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value));
    set(picture, { class: "bar-line", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" });
    for (const [name, width] of [["track", 100], ["bar", share]]) {
      const part = document.createElementNS(space, "rect");
      set(part, { class: name, width, height: 4 });
      picture.append(part);
    }
    return picture;
  }

  function openDocument(one, box) {
    if (box.querySelector(".reader") || one.without) return;
    const reader = make("div", {
      class: "reader", role: "region", tabindex: "0", "aria-label": `Text of ${one.source}`,
      lang: one.language ?? "",
    });
    const made = blocks(one);
    // Set before, it would be looked for again with every sentence that comes.
    for (const block of made) block.setAttribute("dir", "auto");
    reader.classList.toggle("long", made.length > LONG);
    reader.append(...made);
    reader.addEventListener("click", (event) => {
      const link = event.target.closest("a.covered");
      if (!link) return;
      event.preventDefault();
      chooseSentence(one, Number(link.dataset.sentence));
    });
    const end = make("span", { tabindex: "-1" });
    const tools = make("div", { class: "tools" },
      make("a", { class: "skip-text", href: "#pairs", onclick: (event) => { event.preventDefault(); end.focus(); } }, "Skip this text"),
      one.uncovered ? make("button", { type: "button", onclick: () => nextUncovered(reader) }, "Next uncovered sentence") : null);
    box.append(tools, reader, end);
  }

  /** The text in blocks, cut at line ends, or anywhere in what has none for very long. */
  function blocks(one) {
    const made = [];
    let block = null;
    let room = 0;  // for characters
    let held = 0;  // pieces
    let number = -1;
    for (const piece of one.pieces) {
      const isGap = typeof piece === "string";
      if (isSentence(piece)) number += 1;
      for (let text of parts(isGap ? piece : piece[1])) {
        const isFull = held >= BLOCK && isGap && text.includes("\n");
        if (!block || isFull || room < text.length) {
          block = make("div", { class: "block" });
          made.push(block);
          room = PART;
          held = 0;
          if (isFull) text = text.replace(/^\s*\n/, ""); // the block begins a line
        }
        room -= text.length;
        held += 1;
        block.append(...(isGap ? [text] : draw(one, [piece[0], text, piece[2]], number)));
      }
    }
    return made;
  }

  const parts = (text) => (text.length <= PART ? [text] : text.match(/[^]{1,20000}/gu));

  const draw = (one, piece, number) => (piece[0] === "heading" ? [drawHeading(piece)] : drawSentence(one, piece, number));

  /** Markdown's marks (the hashes before and after, the line below) are shown by its size. */
  function drawHeading([, text, level]) {
    const title = text.replace(/\n[=-]+\s*$/, "").replace(/^\s*#+\s+/, "").replace(/\s+#+\s*$/, "");
    return make("span", { class: `heading level-${Math.min(level, 4)}`, role: "heading", "aria-level": Math.min(level + 2, 6) }, title);
  }

  function drawSentence(one, [state, text, reason], number) {
    const pairs = ofSentence[one.number]?.get(number);
    const values = { class: `sentence ${state}`, "data-sentence": number };
    if (pairs && state === "covered") {
      return [make("a", { ...values, href: "#pairs", title: many(pairs.length, "pair") }, text)];
    }
    const sentence = make("span", { ...values, tabindex: "-1" }, text);
    return state === "declared" ? [sentence, own("span", { class: "why" }, `no fact: ${reason}`)] : [sentence];
  }

  const lengthOf = (one) =>
    one.pieces.reduce((sum, piece) => sum + (typeof piece === "string" ? piece : piece[1]).length, 0);

  function nextUncovered(reader) {
    const all = [...reader.querySelectorAll(".uncovered")];
    const now = all.indexOf(reader.querySelector(".here"));
    mark(all[(now + 1) % all.length]);
  }

  function mark(element) {
    document.querySelectorAll(".here").forEach((one) => one.classList.remove("here"));
    element.classList.add("here");
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "center" });
  }

  function showSentence(source, number) {
    const one = states[source];
    if (!documents.has(one)) showDocuments(true);
    documents.reveal(one);
    const box = drawDocument(one);
    box.open = true;
    openDocument(one, box);
    mark(box.querySelector(`[data-sentence="${number}"]`));
  }

  function showDocuments(everything) {
    if (everything) byId("document-search").value = "";
    const wanted = folded(byId("document-search").value).split(/\s+/);
    const found = states.filter((one) => wanted.every((word) => folded(one.source).includes(word)));
    if (byId("document-order").value === "uncovered") found.sort((a, b) => b.uncovered - a.uncovered);
    documents.show(found);
  }

  // ------------------------------------------------------------------ the pairs

  const filters = byId("filters");
  const names = ["reason", "form", "part", "language", "source"];
  const cards = paged(byId("cards"), byId("card-pages"), CARDS, drawCard);
  let chosen = null; // a sentence: { one, number, pairs }

  function chooseSentence(one, number) {
    filters.reset();
    chosen = { one, number, pairs: new Set(ofSentence[one.number].get(number)) };
    const sentence = one.pieces.filter(isSentence)[number][1];
    byId("chosen-sentence").textContent = sentence.length > SHOWN ? `${sentence.slice(0, SHOWN)}…` : sentence;
    showPairs();
    byId("chosen").scrollIntoView({ block: "start" });
    byId("status").focus({ preventScroll: true });
  }

  function wantedPairs() {
    const list = filters.elements.list.value;
    const search = folded(filters.elements.search.value).split(/\s+/).filter(Boolean);
    const wanted = names.map((name) => [name, filters.elements[name].value])
      .filter(([name, value]) => value !== "" && !filters.elements[name].closest(".field").hidden);
    const fits = (pair) =>
      (!chosen || chosen.pairs.has(pair)) &&
      wanted.every(([name, value]) => String(pair[name]) === value) &&
      (!search.length || search.every((word) => haystack(pair).includes(word)));
    return { list, found: lists[list].filter(fits), narrowed: Boolean(wanted.length || search.length) };
  }

  function showPairs() {
    const list = filters.elements.list.value;
    const isKept = list === "kept";
    for (const name of names) {
      const field = filters.elements[name].closest(".field");
      field.hidden = filters.elements[name].options.length < 3 || (name === "reason" ? isKept : !isKept && name !== "source" && name !== "language");
    }
    byId("chosen").hidden = !chosen;
    const { found, narrowed } = wantedPairs();
    const groups = isKept ? byFact(found, narrowed) : found.map((pair) => ({ head: pair, wordings: [] }));
    const of = lists[list].length === found.length ? "" : ` of ${shown(lists[list].length)}`;
    const facts = isKept && groups.length !== found.length ? ` about ${many(groups.length, "fact")}` : "";
    byId("status").textContent = found.length
      ? `${shown(found.length)}${of} ${list} pair${lists[list].length === 1 ? "" : "s"}${facts}`
      : lists[list].length ? `None of ${many(lists[list].length, `${list} pair`)} fits.` : `No pair was ${list}.`;
    cards.show(groups);
  }

  /** Pairs of one fact stand on one card: its first pair on top, those of the others that fit below. */
  function byFact(found, narrowed) {
    const groups = new Map();
    for (const pair of found) {
      const head = pair.head === null ? pair : heads.get(pair.head);
      let group = groups.get(head);
      if (!group) groups.set(head, group = { head, wordings: [], open: narrowed });
      if (pair !== head) group.wordings.push(pair);
    }
    return [...groups.values()];
  }
  const heads = new Map(kept.filter((pair) => pair.head === null).map((pair) => [pair.id, pair]));

  function drawCard({ head, wordings, open }) {
    return make("article", { class: "card" }, ...body(head, "h3"), wordings.length ? drawWordings(head, wordings, open) : null);
  }

  function body(pair, heading) {
    return [
      own(heading, {}, pair.question, pair.language),
      own("p", { class: "answer" }, pair.answer, pair.language),
      pair.quote ? drawQuote(pair) : null,
      pair.reason ? make("p", { class: "detail" }, make("span", { class: "tag reason" }, words(pair.reason)), " ", own("span", {}, pair.detail)) : null,
      pair.edit ? make("p", { class: "detail" }, make("span", { class: "tag" }, `${edits[pair.edit[0]]} by a person`), " ", own("span", {}, pair.edit[1])) : null,
      pair.extra.length ? own("p", { class: "extra" }, pair.extra.join("\n")) : null,
      meta(pair),
    ];
  }
  function drawQuote(pair) {
    const box = own("blockquote", { class: pair.at ? "quote" : "quote lost" }, "", states[pair.source]?.language);
    const found = answerIn(pair);
    if (!found) box.append(pair.quote);
    else {
      const end = found.index + found[0].length;
      box.append(pair.quote.slice(0, found.index), make("mark", {}, found[0]), pair.quote.slice(end));
    }
    return box;
  }

  /** Where a quote says the answer: whole words, whatever their case and the spaces between them. */
  function answerIn(pair) {
    const answer = pair.answer.trim().replace(/[.。]$/u, "");
    if (!answer) return null;
    const said = answer.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&").replace(/\s+/g, "\\s+");
    const before = /^[\p{L}\p{N}]/u.test(answer) && !WITHOUT_SPACES.test(answer[0]) ? "(?<![\\p{L}\\p{N}]|\\d[.,])" : "";
    const after = /[\p{L}\p{N}]$/u.test(answer) && !WITHOUT_SPACES.test(answer.at(-1)) ? "(?![\\p{L}\\p{N}]|[.,]\\d)" : "";
    return new RegExp(before + said + after, "iu").exec(pair.quote);
  }
  const WITHOUT_SPACES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
  const edits = { accept: "accepted", reject: "rejected", change: "changed" };

  function meta(pair) {
    const [prompt, model] = data.origins[pair.origin] ?? ["", ""];
    return make("p", { class: "meta" },
      place(pair),
      pair.form === "canonical" ? null : make("span", { class: "tag" }, words(pair.form)),
      pair.reason ? null : make("span", { class: "tag" }, pair.part),
      pair.language ? make("span", {}, pair.language) : null,
      own("span", {}, `${prompt}, ${model}`),
      make("code", { title: "id of the pair" }, pair.id));
  }

  function place(pair) {
    const source = data.sources[pair.source];
    const isLost = pair.quote && states[pair.source]?.total;
    if (!pair.at) return make("span", {}, own("bdi", {}, source), isLost ? ", quote not found" : null);
    return make("a", {
      class: "to-text", href: "#text",
      onclick: (event) => { event.preventDefault(); showSentence(pair.source, pair.at[0]); },
    }, own("bdi", {}, source), `, sentence ${shown(pair.at[0] + 1)}`);
  }

  function drawWordings(head, wordings, open) {
    const rows = wordings.map((pair) => make("li", {},
      make("div", {}, own("p", {}, pair.question, pair.language),
        pair.answer === head.answer ? null : own("p", { class: "answer" }, pair.answer, pair.language)),
      make("p", { class: "meta" },
        make("span", { class: "tag" }, words(pair.form)), make("span", { class: "tag" }, pair.part),
        pair.language ? make("span", {}, pair.language) : null,
        pair.edit ? make("span", { class: "tag" }, `${edits[pair.edit[0]]} by a person`) : null,
        make("code", { title: "id of the pair" }, pair.id))));
    return make("details", { class: "wordings", open },
      make("summary", {}, many(wordings.length, "other wording")), make("ul", {}, ...rows));
  }

  function fillFilters() {
    const all = [...kept, ...dropped];
    const labels = { source: (value) => data.sources[value], reason: words, form: words };
    for (const name of names) {
      const values = [...new Set(all.map((pair) => pair[name]).filter((value) => value !== undefined && value !== ""))];
      const label = labels[name] ?? String;
      if (name !== "source") values.sort();
      filters.elements[name].append(make("option", { value: "" }, "any"),
        ...values.map((value) => make("option", { value }, label(value))));
    }
    byId("kept-count").textContent = shown(kept.length);
    byId("dropped-count").textContent = shown(dropped.length);
  }

  // ------------------------------------------------------------------ side by side

  function drawSides(one) {
    return make("article", { class: "card" },
      make("p", {}, make("span", { class: "tag reason" }, words(one.reason)), " ", own("span", {}, one.detail)),
      make("div", { class: "sides" }, ...one.pairs.map((pair, number) =>
        make("div", { class: "side" }, ...(pair ? body(pair, "h3") : [make("code", {}, one.ids[number])])))));
  }

  function showSides(name, list) {
    if (!list.length) return;
    byId(`${name}s`).hidden = false;
    paged(byId(`${name}-list`), byId(`${name}-pages`), SIDES, drawSides).show(list);
  }

  // ------------------------------------------------------------------ what happens when

  function later(change) {
    let waiting;
    return () => { clearTimeout(waiting); waiting = setTimeout(change, 120); };
  }

  function choose(event) {
    const link = event.target.closest("[data-filter]");
    if (!link) return;
    event.preventDefault();
    chosen = null;
    filters.reset();
    filters.elements.list.value = link.dataset.filter === "reason" ? "dropped" : "kept";
    filters.elements[link.dataset.filter].value = link.dataset.value;
    showPairs();
    byId("pairs").scrollIntoView({ block: "start" });
    byId("status").focus({ preventScroll: true });
  }

  function listen() {
    filters.addEventListener("submit", (event) => event.preventDefault());
    byId("clear").addEventListener("click", () => { chosen = null; filters.reset(); showPairs(); });
    filters.addEventListener("change", showPairs);
    filters.elements.search.addEventListener("input", later(showPairs));
    byId("chosen-clear").addEventListener("click", () => { chosen = null; showPairs(); byId("status").focus(); });
    byId("chosen-back").addEventListener("click", (event) => {
      event.preventDefault();
      showSentence(chosen.one.number, chosen.number);
    });
    byId("figures").addEventListener("click", choose);
    byId("document-search").addEventListener("input", later(() => showDocuments(false)));
    byId("document-order").addEventListener("change", () => showDocuments(false));
  }

  fillFilters();
  listen();
  byId("document-filters").hidden = states.length < 6;
  showDocuments(false);
  showPairs();
  showSides("conflict", conflicts);
  showSides("leak", leaks);
  if (states.length === 1 && lengthOf(states[0]) < OPEN_AT_ONCE) {
    drawDocument(states[0]).open = true;
  }
})();
