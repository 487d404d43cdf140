// Keyboard shortcuts: `/` search, `g` and a letter to go somewhere, `?` help. Pages do without; the help names them all.
(() => {
  "use strict";
  const help = document.getElementById("keys");
  if (!help) return;
  const ways = new Map([...help.querySelectorAll("a[data-keys]")].map((link) => [link.dataset.keys, link]));
  const patience = 1500;
  let goingSince = 0;

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
    goingSince = 0;
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
