// Brings the place that a page is about into view, again when fonts and late parts of the page have moved it.
(() => {
  const show = () => document.getElementById("here")?.scrollIntoView();
  show();
  document.fonts.ready.then(show);
  setTimeout(show, 250);
  setTimeout(show, 800);
})();
