// Esc closes a footnote's card, however it was opened; whoever leaves the footnote and comes back sees it again.
(() => {
  const page = document.documentElement;
  if (page.dataset.fnCards) return;
  page.dataset.fnCards = "watched";
  const close = (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelectorAll(".fn-note:not(.fn-shut):is(:hover, :has(:focus-visible))");
    if (!open.length) return;
    event.stopImmediatePropagation(); // this Esc is not the one that stops an answer
    for (const note of open) {
      note.classList.add("fn-shut");
      const reopen = () => note.classList.remove("fn-shut");
      note.addEventListener("mouseleave", reopen, { once: true });
      note.addEventListener("focusout", reopen, { once: true });
    }
  };
  window.addEventListener("keydown", close, true);
})();
