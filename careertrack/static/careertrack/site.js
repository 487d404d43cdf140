// Keyboard shortcuts: `/` search, `g` and a letter to go somewhere, `?` help. Pages do without; the help names them all.
(() => {
  "use strict";
  const help = document.getElementById("keys");
  if (!help) return;
  const ways = new Map([...help.querySelectorAll("a[data-keys]")].map((link) => [link.dataset.keys, link]));
  const patience = 2500;
  // Moments count from the opening of the page: 0 would let the first letter of a new page pass for a second one.
  let goingSince = -Infinity;

  // With a Korean input method on, `g` arrives as `ㅎ` or not at all; then the place of the key tells which it is.
  const letterOf = (event) => {
    if (/^[!-~]$/.test(event.key)) return event.key.toLowerCase();
    const place = /^Key([A-Z])$/.exec(event.code);
    return place ? place[1].toLowerCase() : "";
  };
  const isTyping = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (!(event.target instanceof Element) || isTyping(event.target)) return;
    const letter = letterOf(event);
    const way = event.timeStamp - goingSince < patience ? ways.get(`g ${letter}`) : undefined;
    goingSince = -Infinity;
    if (way) {
      event.preventDefault();
      way.click();
    } else if (letter === "g") {
      goingSince = event.timeStamp;
    } else if (letter === "/") {
      const search = document.getElementById("search-words");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (letter === "?") {
      event.preventDefault();
      help.showModal();
    }
  });
  document.querySelector("[data-opens-keys]")?.addEventListener("click", () => help.showModal());
})();

// The grid of figures by keyboard and from a spreadsheet. Without this it is a plain form and works.
(() => {
  "use strict";
  const form = document.querySelector("form.entry");
  if (!form) return;
  const rows = [...form.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("input")]);
  const told = form.querySelector("output");
  let isSaving = false;

  const place = (input) => {
    const row = rows.findIndex((cells) => cells.includes(input));
    return row < 0 ? null : [row, rows[row].indexOf(input)];
  };

  const go = (row, column) => {
    const input = rows[row]?.[column];
    if (!input) return false;
    input.focus();
    input.select();
    return true;
  };

  // A refused form comes back with what was typed; what is stored then stands beside it.
  const stored = (input) => input.dataset.stored ?? input.defaultValue;
  const isChanged = (input) => input.value !== stored(input);
  const changed = () => rows.flat().filter(isChanged);

  const tell = (note = "") => {
    const count = changed().length;
    const words = count === 1 ? form.dataset.changedOne : form.dataset.changedMany.replace("{count}", count);
    told.textContent = [count ? words : "", note].filter(Boolean).join(" · ");
    for (const input of rows.flat()) input.classList.toggle("changed", isChanged(input));
  };

  form.addEventListener("input", () => tell());

  form.addEventListener("keydown", (event) => {
    const at = place(event.target);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    // While a Korean syllable is being composed, Enter and arrows belong to it.
    if (!at || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const [row, column] = at;
    const { selectionStart: from, selectionEnd: to, value } = event.target;
    const isWhole = from === 0 && to === value.length;
    let moved = false;
    switch (event.key) {
      case "Enter":
        moved = go(row + (event.shiftKey ? -1 : 1), column);
        if (!moved && !event.shiftKey) form.querySelector(".save button").focus();
        moved = true;
        break;
      case "ArrowDown":
        moved = go(row + 1, column);
        break;
      case "ArrowUp":
        moved = go(row - 1, column);
        break;
      case "ArrowRight":
        moved = (isWhole || from === value.length) && !event.shiftKey && go(row, column + 1);
        break;
      case "ArrowLeft":
        moved = (isWhole || to === 0) && !event.shiftKey && go(row, column - 1);
        break;
      case "Escape":
        event.target.value = stored(event.target);
        tell();
        moved = true;
        break;
    }
    if (moved) event.preventDefault();
  });

  form.addEventListener("paste", (event) => {
    const at = place(event.target);
    const text = event.clipboardData?.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    if (!at || !text || !/[\t\n]/.test(text)) return;
    event.preventDefault();
    let isCut = false;
    text.split("\n").forEach((line, down) => {
      line.split("\t").forEach((value, across) => {
        const input = rows[at[0] + down]?.[at[1] + across];
        if (input) input.value = value.trim().replace(/^"(.*)"$/, "$1");
        else if (value.trim()) isCut = true;
      });
    });
    tell(isCut ? form.dataset.cut : "");
  });

  form.addEventListener("submit", () => {
    isSaving = true;
  });

  addEventListener("beforeunload", (event) => {
    if (!isSaving && changed().length) event.preventDefault();
  });

  form.querySelector("[aria-invalid]")?.focus();
  tell();
})();
