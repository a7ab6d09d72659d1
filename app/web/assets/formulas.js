// Formulas are set by the KaTeX that Streamlit brings along; one that KaTeX cannot read stays as its source.
// What is set is kept, because an answer that grows is drawn again and again.
(() => {
  const LONGEST = 5000;
  const RENAMED = /(?<=class="[^"]*)\bkatex-(?!html|mathml|display|error)(\w+)/g; // the stylesheet of Streamlit knows older names
  const made = new Map();
  let katex, asked = false;

  function set(place) {
    const source = place.textContent, display = "display" in place.dataset;
    const name = `${display} ${source}`;
    if (!made.has(name)) made.set(name, typeset(source, display));
    place.dataset.set = made.get(name) ? "yes" : "no";
    if (!made.get(name)) return;
    place.dataset.tex = display ? `$$${source}$$` : `$${source}$`;
    place.innerHTML = made.get(name);
  }

  function typeset(source, displayMode) {
    try {
      if (source.length > LONGEST) return "";
      return katex.renderToString(source, { displayMode, strict: "ignore", trust: false, maxExpand: 200 }).replace(RENAMED, "$& $1");
    } catch {
      return "";
    }
  }

  async function setAll() {
    const waiting = document.querySelectorAll("code.fn-formula:not([data-set])");
    if (!waiting.length) return;
    if (katex) return waiting.forEach(set);
    if (asked) return;
    asked = true;
    katex = (await import(document.querySelector("meta[name=fn-katex]").content)).default;
    setAll();
  }

  new MutationObserver(setAll).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
})();
