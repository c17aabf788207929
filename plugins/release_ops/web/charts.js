// Draws, over the picture that a page came with, the chart that one can point at. Without it the page is whole.
// Bundled by charts_script.py, which makes vegaEmbed known here.
"use strict";
(() => {
  const root = document.documentElement;
  const wide = window.matchMedia("(prefers-color-scheme: dark)");
  const theme = () => root.dataset.theme || (wide.matches ? "dark" : "light");

  // Our policy allows no style that is written into the page, so the tip of the chart is ours too.
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  const show = (_, event, __, value) => {
    tip.hidden = value === null || value === undefined || value === "";
    if (tip.hidden) return;
    const lines = typeof value === "object" ? Object.entries(value).map(([name, one]) => `${name}: ${one}`) : [String(value)];
    tip.replaceChildren(...lines.map((line) => Object.assign(document.createElement("div"), { textContent: line })));
    const right = event.clientX > window.innerWidth / 2;
    tip.style.left = right ? "auto" : `${event.clientX + 12}px`;
    tip.style.right = right ? `${window.innerWidth - event.clientX + 12}px` : "auto";
    tip.style.top = `${event.clientY + 12}px`;
  };

  const draw = async (figure) => {
    const address = new URL(figure.dataset.chart, window.location.href);
    if (address.origin !== window.location.origin) return;
    address.searchParams.set("theme", theme());
    const place = figure.querySelector(".drawn") || Object.assign(document.createElement("div"), { className: "drawn" });
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok) return;
      place.hidden = false;
      place.setAttribute("role", "img");
      place.setAttribute("aria-label", figure.dataset.words || "");
      if (!place.isConnected) figure.append(place);
      await vegaEmbed(place, await answer.json(), {
        ast: true, // no eval
        actions: false,
        defaultStyle: false,
        renderer: "canvas",
        tooltip: show,
      });
      figure.dataset.drawn = "yes"; // hides the picture below
    } catch (problem) {
      place.hidden = true;
      delete figure.dataset.drawn;
      console.warn(`the chart ${address.pathname} cannot be drawn: ${problem}`);
    }
  };

  const start = () => {
    document.body.append(tip);
    const figures = [...document.querySelectorAll("figure[data-chart]")];
    const again = () => figures.forEach(draw);
    let last = theme();
    const follow = () => {
      if (theme() === last) return;
      last = theme();
      again();
    };
    new MutationObserver(follow).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
    wide.addEventListener("change", follow);
    again();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
