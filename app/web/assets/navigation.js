// Links within the site are followed without loading the page anew: Streamlit draws what the new address names, as when
// one goes back in the browser. A link's #fragment is looked for on the new page until it is there.
(() => {
  const PATIENCE_MS = 5000, EVERY_MS = 60, SETTLED_MS = [250, 800];

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".stHtml a[href]");
    if (!link || link.target || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const there = new URL(link.href), bar = link.closest('[data-testid="stSidebar"]');
    if (bar && matchMedia("(max-width: 48rem)").matches) bar.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click(); // it covers the page
    if (there.origin !== location.origin || (there.pathname === location.pathname && there.search === location.search)) return;
    event.preventDefault();
    history.pushState(null, "", there.pathname + there.search);
    dispatchEvent(new PopStateEvent("popstate"));
    if (!there.hash) return;
    sought = there.hash.slice(1);
    find(sought, Date.now() + PATIENCE_MS);
  });

  // The element may be drawn anew while the page settles, and is no target then: it is made one again, unless the reader has moved on.
  let sought = "";
  for (const moved of ["wheel", "pointerdown", "keydown"]) addEventListener(moved, () => { sought = ""; }, { passive: true });

  function find(id, until) {
    if (id !== sought || Date.now() > until) return;
    const place = document.getElementById(id);
    if (place && !place.matches(":target")) {
      location.replace(`#${id}`);
      place.focus({ preventScroll: true });
      SETTLED_MS.forEach((ms) => setTimeout(() => id === sought && document.getElementById(id)?.scrollIntoView({ block: "nearest" }), ms));
    }
    setTimeout(find, EVERY_MS, id, until);
  }

  // A place that a page is about (`data-scroll`) is brought into view once for each value, again when late parts have moved it.
  const keys = () => [...document.querySelectorAll("[data-scroll]")].map((place) => place.dataset.scroll);
  let shown = [];
  new MutationObserver(() => {
    const fresh = keys().filter((key) => !shown.includes(key));
    shown = keys();
    for (const key of fresh) {
      scroll(key);
      document.fonts.ready.then(() => scroll(key));
      SETTLED_MS.forEach((ms) => setTimeout(scroll, ms, key));
    }
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-scroll"] });

  function scroll(key) {
    const place = document.querySelector(`[data-scroll="${CSS.escape(key)}"]`);
    const pane = place?.closest(".st-key-pane");
    if (!pane || getComputedStyle(pane).overflowY !== "auto") place?.scrollIntoView();
    else pane.scrollTop += place.getBoundingClientRect().top - pane.getBoundingClientRect().top - pane.clientHeight / 4;
  }

  // Streamlit's drop zone is named and calls itself presentation, which contradict each other.
  new MutationObserver(() => {
    const zones = document.querySelectorAll('[data-testid="stFileUploaderDropzone"][role="presentation"]');
    zones.forEach((zone) => zone.setAttribute("role", "group"));
  }).observe(document.documentElement, { childList: true, subtree: true });

  // Where a conversation begins, one can type at once; on a phone that would call up its keyboard.
  let begun = null;
  new MutationObserver(() => {
    const first = document.querySelector(".fn-welcome");
    const input = document.querySelector('[data-testid="stChatInputTextArea"]:not(:disabled)');
    if (!first) begun = null;
    if (!first || !input || begun === input || !matchMedia("(hover: hover)").matches) return;
    begun = input;
    if (document.activeElement === document.body) input.focus({ preventScroll: true });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
