// SPDX-License-Identifier: MIT
//
// theme.js - dark, light, or as the system is. A plain script in the head, so that the page never flashes in the other
// one. The choice is the user's own and stays in the browser, out of addresses that are shared.

(() => {
  const THEMES = ["system", "light", "dark"];
  const LABELS = { system: "Auto", light: "Light", dark: "Dark" };
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = "system";
  try {
    chosen = localStorage.getItem("mmash-theme") ?? chosen;
  } catch {
    // Storage is turned off: the choice lasts as long as the page.
  }
  if (!THEMES.includes(chosen)) chosen = "system";

  function apply() {
    const dark = chosen === "dark" || (chosen === "system" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    const button = document.getElementById("theme");
    if (button) {
      button.textContent = LABELS[chosen];
      button.title = "Theme: t";
      button.setAttribute("aria-label", `Theme: ${LABELS[chosen]}`);
    }
    dispatchEvent(new Event("theme"));
  }

  function next() {
    chosen = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length];
    try {
      localStorage.setItem("mmash-theme", chosen);
    } catch {
      // as above
    }
    apply();
  }

  system.addEventListener("change", apply);
  addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", next);
    apply();
  });
  apply();
})();
