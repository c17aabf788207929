// Every page works without this. It follows Airflow's colours, and leads out of Airflow's frame what does not belong there.
"use strict";
(() => {
  const root = document.documentElement;
  const outer = (() => {
    try {
      return window.parent !== window && window.parent.document.documentElement ? window.parent : null;
    } catch {
      return null; // a frame of somebody else's
    }
  })();

  const chosen = () => {
    if (outer) {
      const names = outer.document.documentElement.classList;
      if (names.contains("dark")) return "dark";
      if (names.contains("light")) return "light";
    }
    try {
      const kept = window.localStorage.getItem("theme");
      return kept === "dark" || kept === "light" ? kept : "";
    } catch {
      return "";
    }
  };
  const follow = () => {
    const mode = chosen();
    if (mode) root.dataset.theme = mode;
    else delete root.dataset.theme;
  };
  follow();
  window.addEventListener("storage", follow);
  if (outer) {
    const watch = new MutationObserver(follow);
    watch.observe(outer.document.documentElement, { attributes: true, attributeFilter: ["class"] });
    window.addEventListener("pagehide", () => watch.disconnect());
  }

  // Airflow's frame may open no window, and other sites do not come up in a frame: the page around it follows the link.
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!outer || !link || event.defaultPrevented || event.button !== 0) return;
    const target = link.getAttribute("target");
    const leaves = link.origin !== window.location.origin;
    const apart = target === "_blank" || event.ctrlKey || event.metaKey;
    if ((!leaves && !apart && target !== "_top") || !/^https?:$/.test(link.protocol)) return;
    event.preventDefault();
    const stand = outer.document.createElement("a");
    stand.href = link.href;
    stand.rel = "noopener noreferrer";
    stand.target = leaves || apart ? "_blank" : "_self";
    stand.click();
  });

  // A timeline that is wider than the screen opens on today, with more of what is to come than of what was.
  document.addEventListener("DOMContentLoaded", () => {
    const today = document.querySelector(".timeline .scale .today");
    const line = today?.closest(".timeline");
    if (!line) return;
    const names = line.querySelector(".who").getBoundingClientRect().width;
    const seen = line.getBoundingClientRect();
    const middle = today.getBoundingClientRect();
    line.scrollLeft += middle.left + middle.width / 2 - seen.left - names - (seen.width - names) / 3;
  });

  // A form sends what was chosen, and says nothing of what was not.
  document.addEventListener("submit", (event) => {
    if (!(event.target instanceof HTMLFormElement) || event.target.method !== "get") return;
    for (const field of event.target.elements) if (field.name && field.value === "") field.disabled = true;
    window.setTimeout(() => {
      for (const field of event.target.elements) field.disabled = false;
    });
  });
})();
