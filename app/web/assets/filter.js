// A tree that can be searched: only what has the words stays in sight, with what it stands in.
(() => {
  const fold = (text) => text.toLowerCase().normalize("NFKD");

  document.addEventListener("input", ({ target }) => {
    if (!target.matches?.("input.fn-filter")) return;
    const words = fold(target.value).split(/\s+/).filter(Boolean);
    const entries = [...target.parentElement.querySelectorAll("li")].reverse(); // inner ones first
    for (const entry of entries) {
      const name = fold(entry.querySelector("a").textContent);
      const inner = [...entry.querySelectorAll("li")].some((one) => !one.hidden);
      entry.hidden = words.length > 0 && !inner && !words.every((word) => name.includes(word));
      const sections = entry.querySelector(":scope > details");
      if (sections) sections.open = words.length > 0 && inner;
    }
    target.parentElement.querySelector(".fn-none").hidden = entries.some((entry) => !entry.hidden);
  });
})();
