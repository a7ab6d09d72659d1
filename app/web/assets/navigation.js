// Links within the site are followed without loading the page anew: Streamlit draws what the new address names, as when
// one goes back in the browser. A link's #fragment is looked for on the new page until it is there.
(() => {
  const PATIENCE_MS = 5000, EVERY_MS = 60;

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".stHtml a[href]");
    if (!link || link.target || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const there = new URL(link.href);
    const elsewhere = there.origin !== location.origin;
    if (elsewhere || (there.pathname === location.pathname && there.search === location.search)) return;
    event.preventDefault();
    history.pushState(null, "", there.pathname + there.search);
    dispatchEvent(new PopStateEvent("popstate"));
    if (there.hash) find(there.hash.slice(1), Date.now() + PATIENCE_MS);
  });

  function find(id, until) {
    const place = document.getElementById(id);
    if (place) {
      location.replace(`#${id}`);
      place.focus({ preventScroll: true });
    } else if (Date.now() < until) setTimeout(find, EVERY_MS, id, until);
  }

  // A place that a page is about (`data-scroll`) is brought into view once for each value, again when late parts have moved it.
  let shown = "";
  const scroll = () => document.querySelector("[data-scroll]")?.scrollIntoView();
  new MutationObserver(() => {
    const place = document.querySelector("[data-scroll]");
    const key = place?.dataset.scroll ?? "";
    if (key === shown) return;
    shown = key;
    if (!key) return;
    scroll();
    document.fonts.ready.then(scroll);
    [250, 800].forEach((ms) => setTimeout(scroll, ms));
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-scroll"] });
})();
