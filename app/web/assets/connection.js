// What Streamlit's frame tells: while the server cannot be reached, a line of ours says so instead of its dialog; and the theme that
// is chosen in its menu, which all of the page follows, menus and the browser's own parts too.
(() => {
  const ATTRIBUTE = "data-test-connection-state", PATIENCE_MS = 1500;
  let waiting = 0;

  function line() {
    const there = document.getElementById("fn-connection");
    if (there) return there;
    const made = document.createElement("div");
    made.id = "fn-connection";
    made.setAttribute("role", "status");
    document.body.append(made);
    return made;
  }

  let framed = null;
  const follow = () => { document.documentElement.style.colorScheme = getComputedStyle(framed).colorScheme; };
  function look() {
    const app = document.querySelector(".stApp");
    if (app && app !== framed) {
      framed = app;
      follow();
      new MutationObserver(follow).observe(app, { attributes: true, attributeFilter: ["class"] });
    }
    const lost = app && app.getAttribute(ATTRIBUTE) !== "CONNECTED";
    if (!lost) {
      clearTimeout(waiting);
      waiting = 0;
      if (line().textContent) line().textContent = "";
      return;
    }
    document.querySelector('[data-testid="stDialog"] button[aria-label="Close"]')?.click();
    waiting ||= setTimeout(() => { line().textContent = "Footnote cannot be reached just now. It is tried again by itself; what is on this page stays."; }, PATIENCE_MS);
  }

  document.addEventListener("DOMContentLoaded", () =>
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: [ATTRIBUTE] }));
})();
